package fetch

import (
	"bytes"
	"mime"
	"slices"
)

// sound is a kind of file that recordings come as.
type sound struct {
	canonical string   // what we keep and serve it as
	spoken    []string // what else it is called
	is        func(head []byte) bool
}

// headLength is how many first bytes tell what a file is.
const headLength = 12

var sounds = []sound{ //nolint:gochecknoglobals // immutable table
	{"audio/wav", []string{"audio/x-wav", "audio/wave", "audio/vnd.wave"}, isWAV},
	{"audio/mpeg", []string{"audio/mp3", "audio/mpeg3", "audio/x-mpeg"}, isMP3},
	{"audio/ogg", []string{"application/ogg", "audio/opus"}, isOgg},
}

// plainBytes are the types of stores that were not told what they keep.
var plainBytes = []string{"application/octet-stream", "binary/octet-stream"} //nolint:gochecknoglobals // immutable table

// declared judges a Content-Type: kind is nil where it says only that there are
// bytes; ok is false for everything that is no sound.
func declared(header string) (kind *sound, ok bool) {
	name, _, err := mime.ParseMediaType(header)
	if err != nil {
		return nil, false
	}
	if slices.Contains(plainBytes, name) {
		return nil, true
	}
	for i, s := range sounds {
		if name == s.canonical || slices.Contains(s.spoken, name) {
			return &sounds[i], true
		}
	}
	return nil, false
}

// recognized is the type of a file that begins with head, or "" when it is no
// sound, or not the one that was declared.
func recognized(head []byte, kind *sound) string {
	for _, s := range sounds {
		if s.is(head) && (kind == nil || kind.canonical == s.canonical) {
			return s.canonical
		}
	}
	return ""
}

// isWAV: RIFF, a length, WAVE; RF64 and RIFX are other files.
func isWAV(head []byte) bool {
	return len(head) >= 12 && bytes.Equal(head[:4], []byte("RIFF")) && bytes.Equal(head[8:12], []byte("WAVE"))
}

// isMP3: an ID3v2 tag, or the header of a frame of MPEG audio layer III
// (ISO 11172-3, 2.4.1.3) with a version, a bit rate and a sampling rate that
// exist.
func isMP3(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	if bytes.Equal(head[:3], []byte("ID3")) {
		return head[3] >= 2 && head[3] <= 4
	}
	version, layer := head[1]>>3&3, head[1]>>1&3
	rate, sampling := head[2]>>4, head[2]>>2&3
	return head[0] == 0xFF && head[1]&0xE0 == 0xE0 && version != 1 && layer == 1 && rate != 0 && rate != 15 && sampling != 3
}

// isOgg: a page of version 0 (RFC 3533, section 6).
func isOgg(head []byte) bool {
	return len(head) >= 5 && bytes.Equal(head[:4], []byte("OggS")) && head[4] == 0
}
