// The control server from Go's standard library alone: go run walk.go URL. Prints each step that is done.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
	"time"
)

var (
	url    = os.Args[1]
	client = &http.Client{Timeout: 20 * time.Second}
)

type object = map[string]any

func ask(method, path string, body any) (int, []byte) {
	var data io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		check(err == nil, err)
		data = bytes.NewReader(encoded)
	}
	request, err := http.NewRequest(method, url+path, data)
	check(err == nil, err)
	response, err := client.Do(request)
	check(err == nil, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	check(err == nil, err)
	return response.StatusCode, text
}

// done asks for what shall be done, and reads the answer as T.
func done[T any](method, path string, body any) (answer T) {
	status, text := ask(method, path, body)
	check(status == 200 || status == 204, method, path, status, string(text))
	if len(text) > 0 {
		err := json.Unmarshal(text, &answer)
		check(err == nil, err)
	}
	return answer
}

func refused(wanted int, name, method, path string, body any) {
	var answer struct{ Error, Message string }
	status, text := ask(method, path, body)
	err := json.Unmarshal(text, &answer)
	check(err == nil && status == wanted && answer.Error == name && answer.Message != "", method, path, status, string(text))
}

func check(isTrue bool, otherwise ...any) {
	if !isTrue {
		panic(fmt.Sprint(otherwise...))
	}
}

type record struct {
	Key, Value, ValueBase64 *string
	Partition, Offset       int
	Headers                 []struct{ Key, Value string }
}

type clock struct {
	Now      int64
	Iso      string
	IsFrozen bool
}

type kept struct {
	ID   string
	Hits int
}

func lookingInside() {
	done[object]("POST", "/topics", object{"name": "orders", "partitions": 2, "configs": object{"retention.ms": 1000}})
	records := []object{
		{"key": "o-1", "value": object{"total": 12}, "partition": 1, "headers": object{"trace": "x"}},
		{"valueBase64": base64.StdEncoding.EncodeToString([]byte{0, 255}), "partition": 1},
	}
	places := done[[]record]("POST", "/topics/orders/records", object{"records": records})
	check(len(places) == 2 && places[1].Partition == 1 && places[1].Offset == 1, places)
	found := done[[]record]("GET", "/topics/orders/records?partition=1", nil)
	check(*found[0].Key == "o-1" && *found[0].Value == `{"total":12}` && found[0].Headers[0].Value == "x", found)
	check(found[1].Value == nil && *found[1].ValueBase64 == "AP8=", found)
	topic := done[struct {
		Configs    map[string]string
		Partitions []struct{ HighWatermark int }
	}]("GET", "/topics/orders", nil)
	check(topic.Configs["retention.ms"] == "1000" && topic.Partitions[1].HighWatermark == 2, topic)
	done[any]("POST", "/groups/billing/offsets", object{"orders": object{"1": 1}})
	group := done[struct{ Lag map[string]map[string]int }]("GET", "/groups/billing", nil)
	check(group.Lag["orders"]["1"] == 1, group)
	check(len(done[[]object]("GET", "/connections", nil)) == 0)
}

func waiting() {
	found := make(chan []record)
	go func() { found <- done[[]record]("POST", "/wait/records", object{"topic": "later", "count": 2}) }()
	done[any]("POST", "/topics/later/records", object{"records": []object{{"value": "1"}, {"value": "2"}}})
	check(len(<-found) == 2)
	done[object]("POST", "/wait/committed", object{"group": "billing", "topic": "orders", "offsets": object{"1": 1}})
	refused(408, "TIMEOUT", "POST", "/wait/lag", object{"group": "billing", "lag": 0, "timeout": "20 ms"})
	done[any]("POST", "/wait/idle", nil)
}

func following() {
	stream, err := http.Get(url + "/topics/later/records/stream")
	check(err == nil, err)
	defer stream.Body.Close()
	check(stream.Header.Get("Content-Type") == "text/event-stream", stream.Header)
	done[any]("POST", "/topics/later/records", object{"records": []object{{"value": "3"}}})
	var seen []string
	for lines := bufio.NewScanner(stream.Body); len(seen) < 3 && lines.Scan(); {
		if data, isData := strings.CutPrefix(lines.Text(), "data: "); isData {
			var next record
			check(json.Unmarshal([]byte(data), &next) == nil, data)
			seen = append(seen, *next.Value)
		}
	}
	check(reflect.DeepEqual(seen, []string{"1", "2", "3"}), seen)
}

func betweenTests() {
	id := done[kept]("POST", "/snapshots", nil).ID
	done[object]("POST", "/reset", object{"topics": object{"fresh": object{"partitions": 3}}})
	check(reflect.DeepEqual(done[[]string]("GET", "/topics", nil), []string{"fresh"}))
	done[any]("POST", "/snapshots/"+id+"/restore", nil)
	check(len(done[[]string]("GET", "/topics", nil)) == 2)
	done[any]("DELETE", "/snapshots/"+id, nil)
	done[object]("POST", "/restart", object{"kill": true})
	check(len(done[[]record]("GET", "/topics/later/records", nil)) == 3)
}

func clocks() {
	now := done[clock]("POST", "/clock/freeze", nil).Now
	moved := done[clock]("POST", "/clock/advance", object{"duration": "5 minutes"})
	check(moved.Now == now+300_000 && moved.IsFrozen, moved)
	check(done[clock]("POST", "/clock/set", object{"time": "2030-01-01T00:00:00Z"}).Iso == "2030-01-01T00:00:00.000Z")
	check(!done[clock]("POST", "/clock/resume", nil).IsFrozen)
}

func errors() {
	refused(404, "NOT_FOUND", "GET", "/topics/none", nil)
	refused(404, "GROUP_ID_NOT_FOUND", "POST", "/groups/none/rebalance", nil)
	refused(400, "INVALID_REQUEST", "POST", "/topics", object{"nam": "t"})
	refused(400, "INVALID_REQUEST", "POST", "/faults", object{"action": "NO_SUCH_ERROR"})
	refused(409, "INVALID_TXN_STATE", "POST", "/transactions/none/expire", nil)
}

func makingItFail() {
	fault := done[kept]("POST", "/faults", object{
		"selector": object{"api": "Fetch"}, "action": object{"delay": "1 s"}, "options": object{"times": 1},
	})
	check(reflect.DeepEqual(done[[]kept]("GET", "/faults", nil), []kept{fault}) && fault.Hits == 0, fault)
	refused(408, "TIMEOUT", "POST", "/faults/"+fault.ID+"/wait", object{"timeout": 20})
	done[any]("DELETE", "/faults/"+fault.ID, nil)
	done[any]("DELETE", "/network/"+done[kept]("POST", "/network/slow", object{"latency": "1 s"}).ID, nil)
	done[kept]("POST", "/disk-faults", object{
		"selector": object{"operation": "write", "topic": "orders"}, "action": object{"code": "EIO"},
	})
	refused(422, "KAFKA_STORAGE_ERROR", "POST", "/topics/orders/records", object{"records": []object{{"value": "lost"}}})
	done[any]("DELETE", "/faults", nil)
}

func health() {
	check(done[object]("GET", "/healthz", nil)["status"] == "ok")
	where := done[object]("GET", "/readyz", nil)["bootstrapServers"]
	check(where == done[object]("GET", "/broker", nil)["bootstrapServers"], where)
	document := done[object]("GET", "/openapi.json", nil)
	check(strings.HasPrefix(document["openapi"].(string), "3.1") && document["paths"].(object)["/faults"] != nil)
}

func main() {
	steps := []struct {
		name string
		run  func()
	}{
		{"looking_inside", lookingInside},
		{"waiting", waiting},
		{"following", following},
		{"between_tests", betweenTests},
		{"time", clocks},
		{"errors", errors},
		{"making_it_fail", makingItFail},
		{"health", health},
	}
	for _, step := range steps {
		step.run()
		fmt.Println(step.name)
	}
}
