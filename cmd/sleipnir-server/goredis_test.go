package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sleipnirdb/sleipnir/internal/launch"
)

// TestGoRedis uses the server as an application does, through go-redis with its
// defaults (RESP3) and with RESP2.
func TestGoRedis(t *testing.T) {
	binary, err := launch.Build("cmd/sleipnir-server", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	srv, err := launch.Start(launch.Options{Binary: binary, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := srv.Stop(); err != nil {
			t.Error(err)
		}
	}()
	for _, protocol := range []int{2, 3} {
		t.Run(fmt.Sprintf("resp%d", protocol), func(t *testing.T) {
			rdb := redis.NewClient(&redis.Options{Addr: srv.Addr(), Protocol: protocol})
			defer rdb.Close()
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			if err := rdb.FlushAll(ctx).Err(); err != nil {
				t.Fatal(err)
			}
			t.Run("values", func(t *testing.T) { goRedisValues(ctx, t, rdb) })
			t.Run("pipeline", func(t *testing.T) { goRedisPipeline(ctx, t, rdb) })
			t.Run("watch", func(t *testing.T) { goRedisWatch(ctx, t, rdb) })
			t.Run("pubsub", func(t *testing.T) { goRedisPubSub(ctx, t, rdb) })
			t.Run("scan", func(t *testing.T) { goRedisScan(ctx, t, rdb) })
		})
	}
}

func goRedisValues(ctx context.Context, t *testing.T, rdb *redis.Client) {
	if err := rdb.Set(ctx, "key", "value", time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	if got, err := rdb.Get(ctx, "key").Result(); got != "value" || err != nil {
		t.Errorf("get: %q, %v", got, err)
	}
	if ttl, err := rdb.TTL(ctx, "key").Result(); ttl <= 0 || ttl > time.Minute || err != nil {
		t.Errorf("ttl: %v, %v", ttl, err)
	}
	if _, err := rdb.Get(ctx, "missing").Result(); !errors.Is(err, redis.Nil) {
		t.Errorf("missing: %v", err)
	}
	if got, err := rdb.IncrByFloat(ctx, "float", 1.5).Result(); got != 1.5 || err != nil {
		t.Errorf("incrbyfloat: %v, %v", got, err)
	}
	if err := rdb.MSet(ctx, "a", 1, "b", 2).Err(); err != nil {
		t.Error(err)
	}
	got, err := rdb.MGet(ctx, "a", "b", "c").Result()
	if err != nil || len(got) != 3 || got[0] != "1" || got[1] != "2" || got[2] != nil {
		t.Errorf("mget: %v, %v", got, err)
	}
}

func goRedisPipeline(ctx context.Context, t *testing.T, rdb *redis.Client) {
	var last *redis.IntCmd
	_, err := rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		for range 100 {
			last = p.Incr(ctx, "counter")
		}
		return nil
	})
	if err != nil || last.Val() != 100 {
		t.Errorf("transaction: %d, %v", last.Val(), err)
	}
	_, err = rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i := range 1000 {
			p.Set(ctx, fmt.Sprint("p:", i), i, 0)
			last = p.Incr(ctx, fmt.Sprint("p:", i))
		}
		return nil
	})
	if err != nil || last.Val() != 1000 {
		t.Errorf("pipeline: %d, %v", last.Val(), err)
	}
}

// goRedisWatch increments a counter from several clients by optimistic locking.
func goRedisWatch(ctx context.Context, t *testing.T, rdb *redis.Client) {
	const workers, each = 8, 25
	increment := func(tx *redis.Tx) error {
		n, err := tx.Get(ctx, "watched").Int()
		if err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
		_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Set(ctx, "watched", n+1, 0)
			return nil
		})
		return err
	}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for done := 0; done < each; {
				switch err := rdb.Watch(ctx, increment, "watched"); {
				case err == nil:
					done++
				case !errors.Is(err, redis.TxFailedErr):
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if n, err := rdb.Get(ctx, "watched").Int(); n != workers*each || err != nil {
		t.Errorf("counted %d, %v; want %d", n, err, workers*each)
	}
}

func goRedisPubSub(ctx context.Context, t *testing.T, rdb *redis.Client) {
	sub := rdb.PSubscribe(ctx, "news.*")
	defer sub.Close()
	if _, err := sub.Receive(ctx); err != nil {
		t.Fatal(err)
	}
	const messages = 100
	for i := range messages {
		if n, err := rdb.Publish(ctx, "news.go", i).Result(); n != 1 || err != nil {
			t.Fatalf("publish: %d, %v", n, err)
		}
	}
	for i := range messages {
		m, err := sub.ReceiveMessage(ctx)
		if err != nil || m.Channel != "news.go" || m.Payload != fmt.Sprint(i) {
			t.Fatalf("message %d: %v, %v", i, m, err)
		}
	}
}

func goRedisScan(ctx context.Context, t *testing.T, rdb *redis.Client) {
	const keys = 2000
	for i := range keys {
		if err := rdb.Set(ctx, fmt.Sprint("scan:", i), i, 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	it := rdb.Scan(ctx, 0, "scan:*", 50).Iterator()
	for it.Next(ctx) {
		seen[it.Val()] = true
	}
	if err := it.Err(); err != nil || len(seen) != keys {
		t.Errorf("saw %d of %d keys: %v", len(seen), keys, err)
	}
}
