package decisionlog

// OpenFile is Open for a file that is full at so many bytes.
func OpenFile(address string, most int64) (Sink, error) {
	sink, err := Open(address, "")
	if f, ok := sink.(*file); ok {
		f.most = most
	}
	return sink, err
}
