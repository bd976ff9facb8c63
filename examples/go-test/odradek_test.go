package shop

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"testing"
)

type object = map[string]any

// broker is what `odradek run --control` has put beside us; /openapi.json of its control server says all it can be asked.
type broker struct {
	t                *testing.T
	bootstrapServers string
	url              string
}

// newBroker gives the broker as new. Tests that run in parallel need a broker each.
func newBroker(t *testing.T) broker {
	t.Helper()
	b := broker{t, os.Getenv("KAFKA_BOOTSTRAP_SERVERS"), os.Getenv("ODRADEK_CONTROL_URL")}
	if b.url == "" {
		t.Fatal("run it beside a broker: npx odradek run --control -- go test ./...")
	}
	b.post("/reset", object{"topics": object{"orders": object{}, "orders.dead": object{}, "bills": object{}}}, nil)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the last requests:\n%s", b.ask("GET", "/requests/trace?last=20", nil))
		}
	})
	return b
}

func (b broker) get(path string, answer any)        { b.read(b.ask("GET", path, nil), answer) }
func (b broker) post(path string, body, answer any) { b.read(b.ask("POST", path, body), answer) }
func (b broker) delete(path string)                 { b.ask("DELETE", path, nil) }

func (b broker) ask(method, path string, body any) []byte {
	b.t.Helper()
	var data io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			b.t.Fatal(err)
		}
		data = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, b.url+path, data)
	if err != nil {
		b.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if response.StatusCode >= 300 {
		b.t.Fatalf("%s %s: %s", method, path, text)
	}
	return text
}

func (b broker) read(text []byte, answer any) {
	b.t.Helper()
	if answer == nil {
		return
	}
	if err := json.Unmarshal(text, answer); err != nil {
		b.t.Fatal(err)
	}
}
