// Package vapi asks things of Vapi: assistants, numbers and calls, over the
// REST API at https://api.vapi.ai. What Vapi says of its own accord comes in at
// server/webhook/vapi.
//
// Every error is a *provider.Error. One whose kind is provider.Unknown may have
// been carried out: look with FindAssistant or FindNumber before asking again.
//
// Health data may be in calls alone; assistants' prompts and the labels of
// numbers must hold none.
package vapi
