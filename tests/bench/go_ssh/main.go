// What a user of golang.org/x/crypto/ssh writes to run a command on many hosts.
//
//	go_ssh USER PORT KEYFILE KNOWN_HOSTS FANOUT COMMAND < HOSTS
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// Output is buffered, and whole lines are written.
type output struct {
	mutex  sync.Mutex
	writer *bufio.Writer
}

func (o *output) line(host string, line []byte) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.writer.WriteString(host)
	o.writer.WriteString(": ")
	o.writer.Write(line)
}

func show(address, host, command string, config *ssh.ClientConfig, out *output) error {
	client, err := ssh.Dial("tcp", address, config)
	if err != nil {
		return err
	}
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	defer session.Close()
	stdout, err := session.StdoutPipe()
	if err != nil {
		return err
	}
	if err := session.Start(command); err != nil {
		return err
	}
	lines := bufio.NewReader(stdout)
	for {
		line, err := lines.ReadSlice('\n')
		if len(line) > 0 {
			out.line(host, line)
		}
		if err == io.EOF {
			return session.Wait()
		}
		if err != nil && err != bufio.ErrBufferFull {
			return err
		}
	}
}

func configure(user, keyFile, knownHosts string) (*ssh.ClientConfig, error) {
	pem, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, err
	}
	key, err := ssh.ParsePrivateKey(pem)
	if err != nil {
		return nil, err
	}
	check, err := knownhosts.New(knownHosts)
	if err != nil {
		return nil, err
	}
	return &ssh.ClientConfig{
		User:              user,
		Auth:              []ssh.AuthMethod{ssh.PublicKeys(key)},
		HostKeyCallback:   check,
		HostKeyAlgorithms: []string{ssh.KeyAlgoED25519},
	}, nil
}

func main() {
	if len(os.Args) != 7 {
		fmt.Fprintln(os.Stderr, "go_ssh USER PORT KEYFILE KNOWN_HOSTS FANOUT COMMAND < HOSTS")
		os.Exit(2)
	}
	config, err := configure(os.Args[1], os.Args[3], os.Args[4])
	fanout, bad := strconv.Atoi(os.Args[5])
	if err != nil || bad != nil || fanout < 1 {
		fmt.Fprintln(os.Stderr, "go_ssh:", err, bad)
		os.Exit(2)
	}
	hosts, err := io.ReadAll(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "go_ssh:", err)
		os.Exit(2)
	}
	out := &output{writer: bufio.NewWriterSize(os.Stdout, 1<<16)}
	permits := make(chan struct{}, fanout)
	var running sync.WaitGroup
	for _, host := range strings.Fields(string(hosts)) {
		permits <- struct{}{}
		running.Add(1)
		go func(host string) {
			defer running.Done()
			address := net.JoinHostPort(host, os.Args[2])
			if err := show(address, host, os.Args[6], config, out); err != nil {
				fmt.Fprintf(os.Stderr, "%s: %v\n", host, err)
			}
			<-permits
		}(host)
	}
	running.Wait()
	out.writer.Flush()
}
