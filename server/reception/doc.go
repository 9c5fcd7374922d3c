// Package reception is what is said and done while a call is on: who takes it,
// what each of the assistant's tools does, what the knowledge base answers, when
// a person is called in, and to whom the call then goes.
//
// It works inside the transaction of the message that asked (server/webhook) and
// under its scope: a tool's work, its answer and the message commit together or
// not at all. A tool call is known by its call and its own id, and has one
// effect and one answer, however often and in whatever company it is sent.
//
// Tools are a table (tool.go): a name, its parameters, and the work. From the
// parameters come both the JSON Schema that the provider gets and the check that
// arguments must pass. Arguments are written by a language model that listens to
// a stranger. They say what is wanted and never whose it is: the clinic is the
// message's, the contact the call's own, and an appointment is found only among
// that contact's. What cannot be done is said in one sentence that the assistant
// can repeat, behind a stable code.
package reception
