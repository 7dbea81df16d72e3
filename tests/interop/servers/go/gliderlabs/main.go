// A server on github.com/gliderlabs/ssh that runs commands: PORT AUTHORIZED_KEYS WAY (servers.py)
package main

import (
	"os"
	"os/exec"

	"github.com/gliderlabs/ssh"
	gossh "golang.org/x/crypto/ssh"
)

func main() {
	text, err := os.ReadFile(os.Args[2])
	if err != nil {
		panic(err)
	}
	var keys []ssh.PublicKey
	for rest := text; len(rest) > 0; {
		key, _, _, after, err := ssh.ParseAuthorizedKey(rest)
		if err != nil {
			break
		}
		keys, rest = append(keys, key), after
	}
	ssh.Handle(run)
	panic(ssh.ListenAndServe("127.0.0.1:"+os.Args[1], nil, login(os.Args[3], keys)))
}

// What a way of logging in asks for.
func login(way string, keys []ssh.PublicKey) ssh.Option {
	isKnown := func(shown ssh.PublicKey) bool {
		for _, key := range keys {
			if ssh.KeysEqual(key, shown) {
				return true
			}
		}
		return false
	}
	switch way {
	case "keys", "token":
		return ssh.PublicKeyAuth(func(_ ssh.Context, shown ssh.PublicKey) bool { return isKnown(shown) })
	case "certificate":
		authority := gossh.CertChecker{IsUserAuthority: func(key gossh.PublicKey) bool { return isKnown(key) }}
		return ssh.PublicKeyAuth(func(who ssh.Context, shown ssh.PublicKey) bool {
			certificate, is := shown.(*gossh.Certificate)
			return is && authority.IsUserAuthority(certificate.SignatureKey) &&
				authority.CheckCert(who.User(), certificate) == nil
		})
	case "password":
		return ssh.PasswordAuth(isPassword)
	case "interactive":
		return ssh.KeyboardInteractiveAuth(asks("Password: "))
	case "code":
		return ssh.KeyboardInteractiveAuth(asks("Password: ", "Verification code: "))
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
