package fetch

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

// Hosts are those that recordings may come from. "media.example.com" is that
// host alone; ".example.com" is every host below example.com, and not it. The
// zero Hosts are none.
type Hosts []string

// ParseHosts reads a list separated by commas. A suffix of one label, as ".com",
// an address and anything but letters, digits, hyphens and dots are errors:
// list the names that your provider gives.
func ParseHosts(text string) (Hosts, error) {
	var hosts Hosts
	for part := range strings.SplitSeq(text, ",") {
		h := strings.ToLower(strings.TrimSpace(part))
		name, below := strings.CutPrefix(h, ".")
		if !plain(name) || below && !strings.Contains(name, ".") {
			return nil, errors.New("want names of hosts, as media.example.com, or .example.com for all below")
		}
		if _, err := netip.ParseAddr(name); err == nil {
			return nil, errors.New("want names of hosts, not addresses")
		}
		hosts = append(hosts, h)
	}
	return hosts, nil
}

// plain reports whether a name is one that DNS and people read alike.
func plain(name string) bool {
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for _, r := range label {
			if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
				return false
			}
		}
	}
	return len(name) <= 253
}

// allow reports whether a host is listed.
func (h Hosts) allow(host string) bool {
	host = strings.ToLower(host)
	if !plain(host) {
		return false // an odd spelling of a listed name is not that name
	}
	for _, listed := range h {
		below := strings.HasPrefix(listed, ".")
		if below && len(host) > len(listed) && strings.HasSuffix(host, listed) || !below && host == listed {
			return true
		}
	}
	return false
}

// permit judges an address before anything is asked of it.
func (f *Fetcher) permit(u *url.URL) error {
	switch {
	case u.User != nil || u.Opaque != "" || u.Host == "":
		return fail(Address, nil)
	case f.Loopback && u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	case u.Scheme != "https":
		return fail(Address, nil)
	case !f.Hosts.allow(u.Hostname()):
		return fail(Host, nil)
	case u.Port() != "" && u.Port() != "443" && !f.Loopback:
		return fail(Host, nil)
	default:
		return nil
	}
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback() && !a.Is4In6()
}
