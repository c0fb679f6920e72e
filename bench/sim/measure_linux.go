package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sleipnirdb/sleipnir/bench/load"
	"github.com/sleipnirdb/sleipnir/bench/scenario"
	"github.com/sleipnirdb/sleipnir/bench/target"
)

// measureInto measures what can be measured and writes the file of costs.
func measureInto(path, server string) error {
	c := assumed()
	c.CasNs = casNs()
	c.LineNs = lineNs()
	var err error
	if c.WakeNs, c.WokenNs, err = wakeNs(); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "compare-and-swap %.1f ns, line transfer %.1f ns, wake %.0f ns, woken after %.0f ns\n", c.CasNs, c.LineNs, c.WakeNs, c.WokenNs)
	one, two, err := serverNs(server)
	if err != nil {
		return err
	}
	c.BatchNs, c.CommandNs = fit(one)
	c.Step1, c.Step16, c.Step64 = two[0]/one[0], two[1]/one[1], two[2]/one[2]
	return writeCosts(path, &c)
}

// Short stretches are timed and the median counts: most stretches of some microseconds escape what others do to the machine.
// (The fastest would not do for the line: two virtual cores may be two threads of one real core for a while.)
const (
	stretches = 20_000
	stretch   = 400 // operations
)

func casNs() float64 {
	var word atomic.Uint64
	var took []float64
	for range stretches {
		begin := time.Now()
		for range stretch {
			v := word.Load()
			word.CompareAndSwap(v, v+1)
		}
		took = append(took, float64(time.Since(begin).Nanoseconds())/stretch)
	}
	return middle(took)
}

// lineNs passes one word to and fro between two threads.
func lineNs() float64 {
	const n = stretches * stretch
	var word atomic.Uint64
	var both sync.WaitGroup
	var took []float64 // by side 0
	for side := range uint64(2) {
		both.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			begin := time.Now()
			for i := side; i < n; i += 2 {
				for !word.CompareAndSwap(i, i+1) {
					for word.Load() != i {
					}
				}
				if side == 0 && i%stretch == 0 {
					now := time.Now()
					if i > 0 {
						took = append(took, float64(now.Sub(begin).Nanoseconds())/stretch)
					}
					begin = now
				}
			}
		})
	}
	both.Wait()
	return middle(took)
}

func middle(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// wakeNs is what it costs to wake a thread that sleeps in epoll_wait, and how long it takes until it runs.
func wakeNs() (cost, latency float64, err error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = unix.Close(fd) }()
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = unix.Close(ep) }()
	ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: int32(fd)} // #nosec G115 -- small
	if err := unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
		return 0, 0, err
	}
	const n = 500
	base := time.Now()
	var sent atomic.Int64
	var costs, latencies []float64
	ran := make(chan float64)
	go func() {
		runtime.LockOSThread()
		events := make([]unix.EpollEvent, 1)
		for range n {
			for {
				if k, _ := unix.EpollWait(ep, events, -1); k == 1 {
					break
				}
			}
			ran <- float64(int64(time.Since(base)) - sent.Load())
		}
	}()
	one := []byte{1, 0, 0, 0, 0, 0, 0, 0}
	for range n {
		time.Sleep(200 * time.Microsecond) // the sleeper sleeps by then
		sent.Store(int64(time.Since(base)))
		begin := time.Now()
		_, err = unix.Write(fd, one)
		costs = append(costs, float64(time.Since(begin).Nanoseconds()))
		latencies = append(latencies, <-ran)
	}
	slices.Sort(costs)
	slices.Sort(latencies)
	return costs[n/10], latencies[n/10], err
}

// serverNs is the server's processor time per GET in ns at the three pipelines, on one loop and on two. Both are
// measured in short turns; the median turn counts.
func serverNs(path string) (one, two [3]float64, err error) {
	var servers [2]*target.Server
	for i := range servers {
		if servers[i], err = target.Start("sleipnir", path, "--io-threads", fmt.Sprint(i+1)); err != nil {
			return one, two, err
		}
		defer servers[i].Stop()
	}
	for k, pipeline := range pipelines {
		ns, err := turns(servers, pipeline)
		if err != nil {
			return one, two, err
		}
		one[k], two[k] = ns[0], ns[1]
		fmt.Fprintf(os.Stderr, "pipeline %d: %.0f ns a GET on one loop, %.0f on two\n", pipeline, one[k], two[k])
	}
	return one, two, nil
}

func turns(servers [2]*target.Server, pipeline int) (ns [2]float64, err error) {
	const count, length = 24, 100 * time.Millisecond
	s, err := scenario.Named("get")
	if err != nil {
		return ns, err
	}
	s.Pipeline, s.Keys.Count = pipeline, baseKeys
	var runs [2]*load.Run
	for i, server := range servers {
		fill, _, err := s.Prefill(server.Dial())
		if err != nil {
			return ns, err
		}
		if _, err := load.Do(fill); err != nil {
			return ns, err
		}
		cfg, err := s.Load(server.Dial())
		if err != nil {
			return ns, err
		}
		if runs[i], err = load.Start(cfg); err != nil {
			return ns, err
		}
		defer runs[i].Stop()
		runs[i].Pause()
	}
	var all [2][]float64
	for range count {
		for i, r := range runs {
			var cpu [2]time.Duration
			r.Resume()
			f, err := r.Measure(length, func() { cpu[0], _ = servers[i].CPU() }, func() { cpu[1], _ = servers[i].CPU() })
			r.Pause()
			if err != nil {
				return ns, err
			}
			all[i] = append(all[i], float64((cpu[1]-cpu[0]).Nanoseconds())/float64(max(f.Replies, 1)))
		}
	}
	for i := range all {
		slices.Sort(all[i])
		ns[i] = all[i][1] // noise only adds; the very least may be luck
	}
	return ns, nil
}
