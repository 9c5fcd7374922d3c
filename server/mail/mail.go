// Package mail sends letters: over SMTP, or, in development, into a directory.
package mail

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/voxanne/cascade/server/provider"
)

// Letter is one message to one person, in plain text.
type Letter struct {
	ID      string // its own: the same letter sent twice has one Message-ID (RFC 5322, 3.6.4)
	To      string
	Subject string
	Text    string
}

// message writes a letter as RFC 5322 has it.
func message(from, domain string, l Letter) (*gomail.Msg, error) {
	m := gomail.NewMsg()
	if err := errors.Join(m.From(from), m.To(l.To)); err != nil {
		return nil, refused() // the cause quotes the address
	}
	m.Subject(l.Subject)
	m.SetMessageIDWithValue(l.ID + "@" + domain)
	m.SetDateWithValue(time.Now())
	m.SetBodyString(gomail.TypeTextPlain, l.Text)
	return m, nil
}

func refused() error {
	return &provider.Error{Provider: "mail", Operation: "send", Kind: provider.Refused}
}

// SMTP sends letters by way of a server, which must speak TLS.
type SMTP struct {
	client       *gomail.Client
	from, domain string
}

// SMTPConfig is what an SMTP needs. Host, From and Domain are required.
type SMTPConfig struct {
	Host               string
	Port               int // zero means 587
	Username, Password string
	From               string // an address, which may have a name before it
	Domain             string // of Message-IDs
}

// NewSMTP makes an SMTP. It connects with the first letter.
func NewSMTP(c SMTPConfig) (*SMTP, error) {
	options := []gomail.Option{gomail.WithTLSPortPolicy(gomail.TLSMandatory), gomail.WithTimeout(10 * time.Second)}
	if c.Port != 0 {
		options = append(options, gomail.WithPort(c.Port))
	}
	if c.Username != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(c.Username), gomail.WithPassword(c.Password))
	}
	client, err := gomail.NewClient(c.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("setting up mail: %w", err)
	}
	return &SMTP{client: client, from: c.From, domain: c.Domain}, nil
}

// Send sends a letter. What the server refuses for good is provider.Refused; all
// else may be tried again, and the letter may then come twice.
func (s *SMTP) Send(ctx context.Context, l Letter) error {
	m, err := message(s.from, s.domain, l)
	if err != nil {
		return err
	}
	err = s.client.DialAndSendWithContext(ctx, m)
	if err == nil {
		return nil
	}
	fault := &provider.Error{Provider: "mail", Operation: "send", Kind: provider.Unknown}
	if e, ok := errors.AsType[*gomail.SendError](err); ok && !e.IsTemp() && e.ErrorCode()/100 == 5 {
		fault.Kind, fault.Code = provider.Refused, e.ErrorCode()
	}
	return fault
}

// Directory keeps letters as files of a directory, one each, named by their ids:
// what is sent twice is there once.
type Directory struct {
	Path string
	// Sent is told of each letter and its file; nil: nobody.
	Sent func(ctx context.Context, l Letter, file string)
}

var fileName = regexp.MustCompile(`^[A-Za-z0-9-]{1,100}$`)

// Send writes the letter.
func (d Directory) Send(ctx context.Context, l Letter) error {
	if !fileName.MatchString(l.ID) {
		return refused()
	}
	m, err := message("Cascade <cascade@localhost.localdomain>", "localhost.localdomain", l)
	if err != nil {
		return err
	}
	file := filepath.Join(d.Path, l.ID+".eml")
	if err := errors.Join(os.MkdirAll(d.Path, 0o700), m.WriteToFile(file)); err != nil {
		return &provider.Error{Provider: "mail", Operation: "send", Kind: provider.Unavailable}
	}
	if d.Sent != nil {
		d.Sent(ctx, l, file)
	}
	return nil
}
