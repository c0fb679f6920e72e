package main

import (
	"fmt"
	"io"
	"strconv"

	"github.com/sleipnirdb/sleipnir/bench/load"
)

// printer writes results in redis-benchmark's forms.
type printer struct {
	o *options
	w io.Writer
}

func (p *printer) printf(format string, args ...any) { _, _ = fmt.Fprintf(p.w, format, args...) }

func (p *printer) head() {
	if p.o.csv {
		p.printf("\"test\",\"rps\",\"avg_latency_ms\",\"min_latency_ms\",\"p50_latency_ms\",\"p95_latency_ms\",\"p99_latency_ms\",\"max_latency_ms\"\n")
	}
}

func (p *printer) ms(ns int64) string {
	return strconv.FormatFloat(float64(ns)/1e6, 'f', p.o.precision, 64)
}

func (p *printer) test(j job, f *load.Figures) {
	switch {
	case p.o.csv:
		p.printf("%q,\"%.2f\"", j.title, f.PerSecond())
		p.printf(",%q,%q", p.ms(int64(f.Latency.Mean())), p.ms(f.Latency.Min()))
		for _, q := range []float64{50, 95, 99, 100} {
			p.printf(",%q", p.ms(f.Latency.ValueAtQuantile(q)))
		}
		p.printf("\n")
	case p.o.quiet:
		p.printf("%s: %.2f requests per second, p50=%s msec\n", j.title, f.PerSecond(), p.ms(f.Latency.ValueAtQuantile(50)))
	default:
		p.full(j, f)
	}
	if f.Errors > 0 {
		p.printf("%d error replies, the first: %s\n", f.Errors, f.FirstErr)
	}
}

func (p *printer) full(j job, f *load.Figures) {
	p.printf("====== %s ======\n", j.title)
	p.printf("  %d requests completed in %.2f seconds\n", f.Replies, f.Elapsed.Seconds())
	p.printf("  %d parallel clients\n", j.cfg.Conns)
	if p.o.rate > 0 {
		p.printf("  open loop: %g requests a second; latency counts from the intended time\n", p.o.rate)
	} else {
		p.printf("  pipeline of %d\n", j.cfg.Pipeline)
	}
	p.printf("  threads: %d\n\n", j.cfg.Threads)
	p.printf("Latency by percentile:\n")
	for _, q := range []float64{0, 50, 75, 87.5, 95, 99, 99.9, 99.99, 100} {
		p.printf("%7.2f%% <= %s milliseconds\n", q, p.ms(f.Latency.ValueAtQuantile(q)))
	}
	p.printf("\nSummary:\n")
	p.printf("  throughput summary: %.2f requests per second\n", f.PerSecond())
	p.printf("  latency summary (msec):\n")
	p.printf("  %9s %9s %9s %9s %9s %9s\n", "avg", "min", "p50", "p95", "p99", "max")
	p.printf("  %9s %9s", p.ms(int64(f.Latency.Mean())), p.ms(f.Latency.Min()))
	for _, q := range []float64{50, 95, 99, 100} {
		p.printf(" %9s", p.ms(f.Latency.ValueAtQuantile(q)))
	}
	p.printf("\n")
	if p.o.rate > 0 {
		p.printf("  of which the generator was late: p50 %s, p99 %s, max %s\n",
			p.ms(f.Lateness.ValueAtQuantile(50)), p.ms(f.Lateness.ValueAtQuantile(99)), p.ms(f.Lateness.Max()))
	}
	p.printf("  nulls: %d, bytes received: %d, own CPU: %.2f µs a request\n\n", f.Nulls, f.BytesIn,
		float64(f.OwnCPU.Nanoseconds())/1e3/float64(max(f.Replies, 1)))
}
