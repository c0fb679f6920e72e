// Command sleipnir-server is the server.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/sleipnirdb/sleipnir/core/config"
	"github.com/sleipnirdb/sleipnir/core/server"
)

func main() { os.Exit(run()) }

// drainTime is how long clients have to take their replies at the end.
const drainTime = 2 * time.Second

func run() int {
	cfg := config.New()
	streams := config.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Notice:  func(text string) { fmt.Fprintln(os.Stdout, text) },
		Warning: func(text string) { fmt.Fprintln(os.Stdout, text) }}
	if serve, code := config.Start(cfg, os.Args, streams, config.Build{Name: "Sleipnir", Version: "0.1.0"}); !serve {
		return code
	}
	s, err := server.New(cfg)
	if err == nil {
		err = s.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("Ready to accept connections")
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	<-stop
	if err := s.Stop(drainTime); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
