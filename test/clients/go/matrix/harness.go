package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"reflect"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

const (
	scenarioDeadline = 120 * time.Second
	untilDeadline    = 60 * time.Second
	interval         = 10 * time.Millisecond
	afterAFailure    = 50 * time.Millisecond
	endDeadline      = 10 * time.Second
)

// A Run is what one scenario is given. What goes wrong ends the scenario, as in package testing.
type Run struct {
	ctx       context.Context
	client    Client
	name      string
	bootstrap string
	control   string
	closers   []func()
}

// failure is what a scenario panics with.
type failure struct{ err error }

func (run *Run) fail(format string, args ...any) {
	panic(failure{fmt.Errorf(format, args...)})
}

func (run *Run) check(holds bool, format string, args ...any) {
	if !holds {
		run.fail(format, args...)
	}
}

func (run *Run) equal(got, expected any, what string) {
	run.check(reflect.DeepEqual(got, expected), "%s: expected %.300s, got %.300s", what, show(expected), show(got))
}

// show tells nil from empty.
func show(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

// no ends the scenario with an error, if it is one.
func (run *Run) no(err error) {
	if err != nil {
		panic(failure{err})
	}
}

// must gives the value where there is no error.
func must[T any](value T, err error) T {
	if err != nil {
		panic(failure{err})
	}
	return value
}

// until asks until the answer is true.
func (run *Run) until(what string, condition func() bool) {
	deadline := time.Now().Add(untilDeadline)
	for !condition() {
		run.check(time.Now().Before(deadline), "not in time: %s", what)
		run.pause(interval)
	}
}

func (run *Run) pause(duration time.Duration) {
	select {
	case <-time.After(duration):
	case <-run.ctx.Done():
		run.no(run.ctx.Err())
	}
}

// using keeps what must be closed, and gives it back.
func using[T interface{ Close() }](run *Run, closable T, err error) T {
	run.no(err)
	run.closers = append(run.closers, closable.Close)
	return closable
}

func (run *Run) end() {
	for i := len(run.closers) - 1; i >= 0; i-- {
		run.closers[i]()
	}
}

// restartBroker kills the broker with -9 and starts it again; what it gives is closed when it is up.
func (run *Run) restartBroker() <-chan struct{} {
	connection := must(net.Dial("tcp", run.control))
	up := make(chan struct{})
	go func() {
		defer close(up)
		defer connection.Close()
		_, _ = io.Copy(io.Discard, connection)
	}()
	return up
}

// sendThroughRestarts sends batch after batch while the broker is killed and started again, twice; what fails is not
// sent again. It gives what was acknowledged, in order; the last record is "end".
func (run *Run) sendThroughRestarts(send func(values ...string) error) []string {
	var acknowledged []string
	next := 0
	sent := func(values ...string) bool {
		if err := send(values...); err != nil {
			fmt.Fprintln(os.Stderr, err)
			run.pause(afterAFailure)
			return false
		}
		return true
	}
	sendBatch := func() bool {
		values := make([]string, 100)
		for i := range values {
			values[i] = strconv.Itoa(next)
			next++
		}
		done := sent(values...)
		if done {
			acknowledged = append(acknowledged, values...)
		}
		return done
	}
	sendSome := func() {
		for count := 0; count < 5; {
			if sendBatch() {
				count++
			}
		}
	}
	sendSome()
	for range 2 {
		for up := run.restartBroker(); !closed(up); {
			sendBatch()
		}
		sendSome()
	}
	for !sent("end") {
	}
	return acknowledged
}

func closed(channel <-chan struct{}) bool {
	select {
	case <-channel:
		return true
	default:
		return false
	}
}

// within tells whether a function ended in time.
func within(limit time.Duration, function func()) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		function()
	}()
	select {
	case <-done:
		return true
	case <-time.After(limit):
		return false
	}
}

type outcome struct {
	Scenario string `json:"scenario"`
	Outcome  string `json:"outcome"`
	Reason   string `json:"reason,omitempty"`
	Ms       int64  `json:"ms"`
}

func (run *Run) outcomeOf(name string, connect func(options ConnectOptions) (Client, error)) outcome {
	started := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), scenarioDeadline)
	defer cancel()
	run.ctx = ctx
	var err error
	if !within(scenarioDeadline, func() { err = run.play(name, connect) }) {
		err = fmt.Errorf("not done within %s", scenarioDeadline)
	}
	within(endDeadline, run.end)
	told := outcome{Scenario: name, Outcome: "ok", Ms: time.Since(started).Milliseconds()}
	if err != nil {
		told.Outcome, told.Reason = "failed", reasonOf(err)
	}
	if unsupported := Unsupported(""); errors.As(err, &unsupported) {
		told.Outcome, told.Reason = "unsupported", string(unsupported)
	}
	return told
}

func (run *Run) play(name string, connect func(options ConnectOptions) (Client, error)) (err error) {
	defer func() {
		switch ended := recover().(type) {
		case nil:
		case failure:
			err = ended.err
		default:
			err = fmt.Errorf("panic: %v", ended)
		}
	}()
	scenario, known := scenarios[name]
	if !known {
		return Unsupported("no such scenario")
	}
	client, err := connect(ConnectOptions{Bootstrap: run.bootstrap, Name: run.name})
	run.client = using(run, client, err)
	scenario(run)
	return nil
}

func reasonOf(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line[:min(len(line), 600)]
}

// ConnectOptions are what a driver needs to connect its client.
type ConnectOptions struct {
	Bootstrap string
	// Name is what the names of the scenario's groups begin with.
	Name string
}

// ModuleVersion is the version of a module that this program is built with.
func ModuleVersion(path string) string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == path {
			return strings.TrimPrefix(module.Version, "v")
		}
	}
	return "unknown"
}

// Drive runs the scenarios that the arguments name: BOOTSTRAP CONTROL PREFIX SCENARIO,SCENARIO...
func Drive(version string, connect func(options ConnectOptions) (Client, error)) {
	bootstrap, control, prefix, names := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	lines := json.NewEncoder(os.Stdout)
	_ = lines.Encode(map[string]string{"version": version})
	for _, name := range strings.Split(names, ",") {
		run := &Run{name: prefix + "." + name, bootstrap: bootstrap, control: control}
		_ = lines.Encode(run.outcomeOf(name, connect))
	}
}
