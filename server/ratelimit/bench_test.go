package ratelimit

import (
	"net/netip"
	"testing"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/google/uuid"
)

// BenchmarkSpend compares the one round trip of Spend with two calls one after
// the other, on a real Redis, and with the in-process share.
func BenchmarkSpend(b *testing.B) {
	plan := Plan{Requests: 1 << 30, Burst: 1 << 30, Cost: 1 << 30}
	server := startRedis(b)
	l := server.limiter(b, nil)
	key := Key{OrgID: uuid.New()}

	b.Run("pipeline", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if got, err := l.Spend(b.Context(), key, plan, 3); err != nil || !got.Allowed || got.Degraded {
				b.Fatal(got, err)
			}
		}
	})
	b.Run("two-calls", func(b *testing.B) {
		b.ReportAllocs()
		limiter := redis_rate.NewLimiter(l.Redis)
		for b.Loop() {
			for _, c := range plan.charges(3) {
				if _, err := c.allow(b.Context(), limiter, key.OrgID.String()); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.SetParallelism(8)
		b.ReportAllocs()
		b.RunParallel(func(p *testing.PB) {
			key := Key{OrgID: uuid.New()}
			for p.Next() {
				if got, err := l.Spend(b.Context(), key, plan, 3); err != nil || !got.Allowed || got.Degraded {
					b.Error(got, err)
					return
				}
			}
		})
	})
	b.Run("refused", func(b *testing.B) {
		b.ReportAllocs()
		key := Key{OrgID: uuid.New()}
		for b.Loop() {
			if _, err := l.Spend(b.Context(), key, Plan{Requests: 1, Burst: 1, Cost: 1_000}, 3); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("share", func(b *testing.B) {
		b.ReportAllocs()
		l.breaker.open.Store(true)
		for b.Loop() {
			if got, err := l.Spend(b.Context(), key, plan, 3); err != nil || !got.Degraded {
				b.Fatal(got, err)
			}
		}
	})
}

func BenchmarkAddress(b *testing.B) {
	l, err := NewAddress(AddressConfig{Limit: Limit{Rate: 1 << 30, Burst: 1 << 30, Period: time.Minute}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	client := netip.MustParseAddr("2001:db8::7")
	for b.Loop() {
		if !l.Spend(client).Allowed {
			b.Fatal("refused")
		}
	}
}
