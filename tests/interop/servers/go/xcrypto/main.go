// A server on golang.org/x/crypto/ssh that runs commands: PORT AUTHORIZED_KEYS WAY (servers.py)
package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"

	"golang.org/x/crypto/ssh"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func authorized(path string) map[string]bool {
	keys := map[string]bool{}
	rest, err := os.ReadFile(path)
	check(err)
	for len(rest) > 0 {
		key, _, _, after, err := ssh.ParseAuthorizedKey(rest)
		if err != nil {
			break
		}
		keys[string(key.Marshal())] = true
		rest = after
	}
	return keys
}

func by(isRight bool) (*ssh.Permissions, error) {
	if isRight {
		return nil, nil
	}
	return nil, fmt.Errorf("refused")
}

// The questions, and whether the answers are right.
func asks(questions ...string) func(ssh.ConnMetadata, ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
	right := map[string]string{"Password: ": os.Getenv("LOGIN_PASSWORD"), "Verification code: ": os.Getenv("LOGIN_CODE")}
	return func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
		answers, err := ask("", "", questions, make([]bool, len(questions)))
		isRight := err == nil && len(answers) == len(questions)
		for i := 0; isRight && i < len(questions); i++ {
			isRight = answers[i] == right[questions[i]]
		}
		return by(isRight)
	}
}

// What a way of logging in asks for; false: there is none.
func login(way string, keys map[string]bool) (ssh.ServerConfig, bool) {
	key := func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		return by(keys[string(key.Marshal())])
	}
	password := func(_ ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
		return by(string(password) == os.Getenv("LOGIN_PASSWORD"))
	}
	authority := ssh.CertChecker{IsUserAuthority: func(key ssh.PublicKey) bool { return keys[string(key.Marshal())] }}
	switch way {
	case "keys", "token":
		return ssh.ServerConfig{PublicKeyCallback: key}, true
	case "certificate":
		return ssh.ServerConfig{PublicKeyCallback: authority.Authenticate}, true
	case "password":
		return ssh.ServerConfig{PasswordCallback: password}, true
	case "interactive":
		return ssh.ServerConfig{KeyboardInteractiveCallback: asks("Password: ")}, true
	case "code":
		return ssh.ServerConfig{KeyboardInteractiveCallback: asks("Password: ", "Verification code: ")}, true
	case "open":
		return ssh.ServerConfig{NoClientAuth: true}, true
	case "several":
		return ssh.ServerConfig{PublicKeyCallback: func(who ssh.ConnMetadata, shown ssh.PublicKey) (*ssh.Permissions, error) {
			return then(ssh.ServerAuthCallbacks{PasswordCallback: password})(key(who, shown))
		}}, true
	case "steps":
		return ssh.ServerConfig{PasswordCallback: func(who ssh.ConnMetadata, shown []byte) (*ssh.Permissions, error) {
			return then(ssh.ServerAuthCallbacks{KeyboardInteractiveCallback: asks("Verification code: ")})(password(who, shown))
		}}, true
	}
	return ssh.ServerConfig{}, false
}

func then(next ssh.ServerAuthCallbacks) func(*ssh.Permissions, error) (*ssh.Permissions, error) {
	return func(_ *ssh.Permissions, err error) (*ssh.Permissions, error) {
		if err == nil {
			err = &ssh.PartialSuccessError{Next: next}
		}
		return nil, err
	}
}

func main() {
	config, isThere := login(os.Args[3], authorized(os.Args[2]))
	if !isThere {
		os.Exit(3)
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	check(err)
	signer, err := ssh.NewSignerFromKey(private)
	check(err)
	config.AddHostKey(signer)
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	check(err)
	for {
		connection, err := listener.Accept()
		check(err)
		go serve(connection, &config)
	}
}

func serve(connection net.Conn, config *ssh.ServerConfig) {
	_, channels, requests, err := ssh.NewServerConn(connection, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for wanted := range channels {
		if wanted.ChannelType() != "session" {
			_ = wanted.Reject(ssh.UnknownChannelType, "sessions only")
			continue
		}
		channel, requests, err := wanted.Accept()
		if err == nil {
			go session(channel, requests)
		}
	}
}

var numbers = map[string]syscall.Signal{"TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL, "INT": syscall.SIGINT}
var names = map[syscall.Signal]string{syscall.SIGTERM: "TERM", syscall.SIGKILL: "KILL", syscall.SIGINT: "INT"}

func session(channel ssh.Channel, requests <-chan *ssh.Request) {
	var command *exec.Cmd
	for request := range requests {
		switch request.Type {
		case "exec":
			var asked struct{ Command string }
			_ = ssh.Unmarshal(request.Payload, &asked)
			command = exec.Command("/bin/sh", "-c", asked.Command)
			command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
			_ = request.Reply(true, nil)
			run(channel, command)
		case "signal":
			var asked struct{ Name string }
			_ = ssh.Unmarshal(request.Payload, &asked)
			if command != nil && command.Process != nil {
				_ = syscall.Kill(-command.Process.Pid, numbers[asked.Name])
			}
		default:
			_ = request.Reply(false, nil)
		}
	}
	if command != nil && command.Process != nil {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
	}
}

func run(channel ssh.Channel, command *exec.Cmd) {
	out, _ := command.StdoutPipe()
	errors, _ := command.StderrPipe()
	if command.Start() != nil {
		_ = channel.Close()
		return
	}
	var copies sync.WaitGroup
	copies.Add(2)
	go func() { copyAll(channel, out); copies.Done() }()
	go func() { copyAll(channel.Stderr(), errors); copies.Done() }()
	go func() {
		copies.Wait()
		_ = command.Wait()
		status := command.ProcessState.Sys().(syscall.WaitStatus)
		if status.Signaled() {
			_, _ = channel.SendRequest("exit-signal", false, ssh.Marshal(struct {
				Signal   string
				Core     bool
				Message  string
				Language string
			}{names[status.Signal()], false, "", ""}))
		} else {
			_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(status.ExitStatus())}))
		}
		_ = channel.Close()
	}()
}

func copyAll(to interface{ Write([]byte) (int, error) }, from interface{ Read([]byte) (int, error) }) {
	buffer := make([]byte, 32768)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if _, failed := to.Write(buffer[:n]); failed != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
