package chaos_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// wire is a TCP address that leads to a server, and what can happen on the way.
type wire struct {
	proxy *toxiproxy.Proxy
	ctx   context.Context //nolint:containedctx // the test's
}

// The directions of a wire.
const (
	toServer   = "upstream"
	fromServer = "downstream"
)

// newWire leads to whatever dial reaches at that moment. The servers listen on
// Unix sockets, which toxiproxy does not know: a bridge stands between them.
func newWire(t *testing.T, name string, dial func(context.Context) (net.Conn, error)) *wire {
	t.Helper()
	var listen net.ListenConfig
	bridge, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bridge.Close() })
	go func() {
		for {
			in, err := bridge.Accept()
			if err != nil {
				return
			}
			go join(in, func() (net.Conn, error) { return dial(context.WithoutCancel(t.Context())) })
		}
	}()
	silent := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	w := &wire{proxy: toxiproxy.NewProxy(silent, name, "127.0.0.1:0", bridge.Addr().String()), ctx: context.WithoutCancel(t.Context())}
	if err := w.proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.proxy.Stop)
	return w
}

// join copies both ways until one side ends.
func join(in net.Conn, dial func() (net.Conn, error)) {
	defer func() { _ = in.Close() }()
	out, err := dial()
	if err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(out, in)
		_ = out.Close()
	}()
	_, _ = io.Copy(in, out)
	_ = out.Close()
}

// addr is where the wire begins.
func (w *wire) addr() string { return w.proxy.Listen }

// poison makes something happen on the wire until heal: one of toxiproxy's
// toxics, on the connections that are there and on those that come.
func (w *wire) poison(t *testing.T, kind, direction string, attributes map[string]int) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"type": kind, "stream": direction, "attributes": attributes})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.proxy.Toxics.AddToxicJson(bytes.NewReader(text)); err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
}

// heal ends what poison began. Connections that hung are closed by it.
func (w *wire) heal() { w.proxy.Toxics.ResetToxics(w.ctx) }
