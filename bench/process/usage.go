package process

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of times in /proc: USER_HZ, 100 a second on every Linux.
const tick = 10 * time.Millisecond

// CPU is the processor time that a process has used, its dead children's not
// counted.
func CPU(pid int) (time.Duration, error) {
	s, err := stat(pid)
	if err != nil {
		return 0, err
	}
	return s.own, nil
}

// TreeCPU is the processor time of a process, its children and its dead
// children: of a postmaster, what Postgres used.
func TreeCPU(pid int) (time.Duration, error) {
	root, err := stat(pid)
	if err != nil {
		return 0, err
	}
	living, err := sum(func(s usage) bool { return s.parent == pid })
	return root.own + root.dead + living, err
}

// ChildrenCPU is the processor time of a process's living children by that
// name, such as the Redis that it started.
func ChildrenCPU(pid int, name string) (time.Duration, error) {
	return sum(func(s usage) bool { return s.parent == pid && s.name == name })
}

// sum adds up the processor time of the living processes that match.
func sum(match func(usage) bool) (time.Duration, error) {
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, err
	}
	var total time.Duration
	for _, dir := range all {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		s, err := stat(pid)
		if err == nil && match(s) { // one that ended just now, its parent counts
			total += s.own
		}
	}
	return total, nil
}

// usage is a line of /proc/<pid>/stat (proc(5)), as far as it is used.
type usage struct {
	name      string
	parent    int
	own, dead time.Duration
}

func stat(pid int) (usage, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage{}, fmt.Errorf("reading processor time: %w", err)
	}
	// The name, in brackets, may hold anything.
	from, to := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if from < 0 || to < from {
		return usage{}, fmt.Errorf("reading processor time of %d: no name", pid)
	}
	fields := strings.Fields(string(text[to+1:]))
	if len(fields) < 15 {
		return usage{}, fmt.Errorf("reading processor time of %d: %d fields", pid, len(fields))
	}
	var n [5]int64
	for i, at := range []int{1, 11, 12, 13, 14} { // ppid utime stime cutime cstime
		if n[i], err = strconv.ParseInt(fields[at], 10, 64); err != nil {
			return usage{}, fmt.Errorf("reading processor time of %d: %w", pid, err)
		}
	}
	return usage{
		name: string(text[from+1 : to]), parent: int(n[0]), own: time.Duration(n[1]+n[2]) * tick, dead: time.Duration(n[3]+n[4]) * tick,
	}, nil
}

// PeakRSS is the most memory that a process held at once, in bytes.
func PeakRSS(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("reading memory: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kib << 10, err
		}
	}
	return 0, errors.New("reading memory: no VmHWM; this takes Linux")
}
