// A server on github.com/charmbracelet/wish that runs commands: PORT AUTHORIZED_KEYS WAY (servers.py)
package main

import (
	"os"
	"os/exec"
	"path/filepath"

	"github.com/charmbracelet/ssh"
	"github.com/charmbracelet/wish"
	gossh "golang.org/x/crypto/ssh"
)

func main() {
	folder, err := os.MkdirTemp("", "wish")
	if err != nil {
		panic(err)
	}
	server, err := wish.NewServer(
		wish.WithAddress("127.0.0.1:"+os.Args[1]),
		wish.WithHostKeyPath(filepath.Join(folder, "host_key")),
		login(os.Args[3], os.Args[2]),
		wish.WithMiddleware(func(next ssh.Handler) ssh.Handler {
			return func(session ssh.Session) {
				run(session)
				next(session)
			}
		}))
	if err != nil {
		panic(err)
	}
	panic(server.ListenAndServe())
}

// What a way of logging in asks for.
func login(way, keys string) ssh.Option {
	switch way {
	case "keys", "token":
		return wish.WithAuthorizedKeys(keys)
	case "certificate":
		return wish.WithTrustedUserCAKeys(keys)
	case "password":
		return wish.WithPasswordAuth(isPassword)
	case "interactive":
		return wish.WithKeyboardInteractiveAuth(asks("Password: "))
	case "code":
		return wish.WithKeyboardInteractiveAuth(asks("Password: ", "Verification code: "))
	case "open":
		return ssh.NoPty()
	}
	os.Exit(3) // one method is enough for it
	return nil
}

// The questions, and whether the answers are right.
func asks(questions ...string) func(ssh.Context, gossh.KeyboardInteractiveChallenge) bool {
	right := map[string]string{"Password: ": os.Getenv("LOGIN_PASSWORD"), "Verification code: ": os.Getenv("LOGIN_CODE")}
	return func(_ ssh.Context, ask gossh.KeyboardInteractiveChallenge) bool {
		answers, err := ask("", "", questions, make([]bool, len(questions)))
		isRight := err == nil && len(answers) == len(questions)
		for i := 0; isRight && i < len(questions); i++ {
			isRight = answers[i] == right[questions[i]]
		}
		return isRight
	}
}

func isPassword(_ ssh.Context, password string) bool {
	return password == os.Getenv("LOGIN_PASSWORD")
}

func run(session ssh.Session) {
	command := exec.CommandContext(session.Context(), "/bin/sh", "-c", session.RawCommand())
	command.Stdout, command.Stderr = session, session.Stderr()
	_ = command.Run()
	code := command.ProcessState.ExitCode()
	if code < 0 {
		code = 255 // it has no message for signals
	}
	_ = session.Exit(code)
}
