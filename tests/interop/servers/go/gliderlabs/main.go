// A server on github.com/gliderlabs/ssh that runs commands: PORT AUTHORIZED_KEYS
package main

import (
	"os"
	"os/exec"

	"github.com/gliderlabs/ssh"
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
	panic(ssh.ListenAndServe("127.0.0.1:"+os.Args[1], nil,
		ssh.PublicKeyAuth(func(_ ssh.Context, shown ssh.PublicKey) bool {
			for _, key := range keys {
				if ssh.KeysEqual(key, shown) {
					return true
				}
			}
			return false
		})))
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
