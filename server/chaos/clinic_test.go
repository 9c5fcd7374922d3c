package chaos_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"

	"github.com/google/uuid"
)

// clinic is one clinic's client and its ledger. One goroutine uses it, so that
// it knows at each moment what must be there and what may be.
type clinic struct {
	index              int
	org                uuid.UUID
	slug, canary       string
	token, hook        string
	base               func() string
	client             *http.Client
	dice               *rand.Rand
	other              func() *clinic // somebody else, whose ids are tried
	serial, totalCalls int

	seeds    []uuid.UUID // the calls that are there from the beginning
	rows     [kinds]map[string]*row
	calls    map[string]*phoneCall
	kept     []*write // acknowledged
	waiting  *write   // begun and not acknowledged: it is tried again
	answered []string // ids of the requests that got data
}

func newClinic(i int) *clinic {
	c := &clinic{
		index: i, org: newID(), slug: fmt.Sprintf("clinic-%d", i), canary: fmt.Sprintf("canary-%d-", i), hook: fmt.Sprintf("whk_clinic_%d", i),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2}},
		dice:   rand.New(rand.NewPCG(20261123, uint64(i))), // the same load each time
		calls:  map[string]*phoneCall{},
	}
	for k := range c.rows {
		c.rows[k] = map[string]*row{}
	}
	return c
}

// kind is a type of row that clients write.
type kind int

// The kinds of rows.
const (
	article kind = iota
	contact
	appointment
	kinds
)

// row is one that was asked for. acknowledged: it must be there, once.
type row struct {
	id           string
	acknowledged bool
	// Of articles: how many changes were acknowledged, and how many were asked
	// for and neither acknowledged nor tried to the end.
	revised, perhaps int
}

// phoneCall is one that the provider reported.
type phoneCall struct {
	kept, ended bool // its first and its last message were acknowledged
	perhaps     bool // its last message was sent
}

// write is a mutation under a key of its own, or a message of the provider.
type write struct {
	document  string
	variables map[string]any
	key       string
	hook      string                  // the message, for a webhook
	done      func(data string) error // it was acknowledged
	undone    func()                  // it was given up, and is not there
	unknown   bool                    // an answer did not say that nothing was done
	given     string                  // the data of the first answer
}

// step asks one thing, and judges the answer.
func (c *clinic) step(ctx context.Context) (answer, error) {
	if c.waiting != nil {
		if c.dice.IntN(8) == 0 {
			c.giveUp()
		} else {
			return c.try(ctx, c.waiting)
		}
	}
	switch n := c.dice.IntN(100); {
	case n < 25:
		return c.listCalls(ctx)
	case n < 35:
		return c.oneCall(ctx)
	case n < 40:
		return c.foreignCall(ctx)
	case n < 50:
		return c.stats(ctx)
	case n < 60:
		return c.listArticles(ctx)
	case n < 70:
		return c.try(ctx, c.newArticle())
	case n < 78:
		return c.try(ctx, c.revision())
	case n < 83:
		return c.try(ctx, c.newContact())
	case n < 87:
		return c.try(ctx, c.newAppointment())
	case n < 95:
		return c.try(ctx, c.message())
	default:
		return c.again(ctx)
	}
}

// mark is a text that nothing else of any clinic holds.
func (c *clinic) mark() string {
	c.serial++
	return fmt.Sprintf("%s%d", c.canary, c.serial)
}
