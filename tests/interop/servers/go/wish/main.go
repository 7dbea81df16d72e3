// A server on github.com/charmbracelet/wish that runs commands: PORT AUTHORIZED_KEYS
package main

import (
	"os"
	"os/exec"
	"path/filepath"

	"github.com/charmbracelet/ssh"
	"github.com/charmbracelet/wish"
)

func main() {
	folder, err := os.MkdirTemp("", "wish")
	if err != nil {
		panic(err)
	}
	server, err := wish.NewServer(
		wish.WithAddress("127.0.0.1:"+os.Args[1]),
		wish.WithHostKeyPath(filepath.Join(folder, "host_key")),
		wish.WithAuthorizedKeys(os.Args[2]),
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
