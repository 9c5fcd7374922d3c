package attack

// shot is one request: one or more cells, and what should come of them.
type shot struct {
	name  string // the field and the way, for people
	cells int
	who   *stance
	ways  map[string]string // what each alias tries
	request
	// twin is the same request about rows that do not exist; nil: none. It must
	// be answered alike.
	twin *request
	// want is the code that every error must have; "" allows none.
	want string
	// wantStatus is the status, where one is expected; loose, that no code is.
	wantStatus int
	loose      bool
	// verify looks at the data, if there is any; nil: nothing to see.
	verify func(data map[string]any) []string
}

// request is what is sent; without a method a GraphQL operation.
type request struct {
	document     string
	variables    map[string]any
	method, path string
	body         string
	headers      []string
}
