// The control server from the JDK alone: java Walk.java URL. Prints each step that is done. The JDK reads no JSON, so
// that answers are looked at as text.

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

final class Walk {
    private final HttpClient client = HttpClient.newHttpClient();
    private final String url;

    private Walk(String url) {
        this.url = url;
    }

    public static void main(String[] args) throws Exception {
        Walk walk = new Walk(args[0]);
        Map<String, Step> steps = new LinkedHashMap<>();
        steps.put("looking_inside", walk::lookingInside);
        steps.put("waiting", walk::waiting);
        steps.put("following", walk::following);
        steps.put("between_tests", walk::betweenTests);
        steps.put("time", walk::time);
        steps.put("errors", walk::errors);
        steps.put("making_it_fail", walk::makingItFail);
        steps.put("health", walk::health);
        for (Map.Entry<String, Step> step : steps.entrySet()) {
            step.getValue().run();
            System.out.println(step.getKey());
        }
    }

    private interface Step {
        void run() throws Exception;
    }

    private HttpRequest request(String method, String path, String body) {
        return HttpRequest.newBuilder(URI.create(url + path))
                .timeout(Duration.ofSeconds(20))
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
    }

    private String done(String method, String path, String body) throws Exception {
        HttpResponse<String> answer = client.send(request(method, path, body), BodyHandlers.ofString());
        check(answer.statusCode() == 200 || answer.statusCode() == 204, method, path, answer.statusCode(), answer.body());
        return answer.body();
    }

    private String done(String method, String path) throws Exception {
        return done(method, path, null);
    }

    private void refused(int status, String error, String method, String path, String body) throws Exception {
        HttpResponse<String> answer = client.send(request(method, path, body), BodyHandlers.ofString());
        boolean isSo = answer.statusCode() == status && text(answer.body(), "error").equals(error);
        check(isSo && !text(answer.body(), "message").isEmpty(), method, path, answer.statusCode(), answer.body());
    }

    private static void check(boolean isTrue, Object... otherwise) {
        if (!isTrue) throw new AssertionError(List.of(otherwise).toString());
    }

    private static void has(String answer, String... parts) {
        for (String part : parts) check(answer.contains(part), "no " + part, answer);
    }

    /** The first text of that name. */
    private static String text(String json, String name) {
        Matcher found = Pattern.compile("\"" + name + "\":\"([^\"]*)").matcher(json);
        check(found.find(), "no " + name, json);
        return found.group(1);
    }

    private void lookingInside() throws Exception {
        done("POST", "/topics", "{\"name\":\"orders\",\"partitions\":2,\"configs\":{\"retention.ms\":1000}}");
        String places = done("POST", "/topics/orders/records", """
                {"records": [
                  {"key": "o-1", "value": {"total": 12}, "partition": 1, "headers": {"trace": "x"}},
                  {"valueBase64": "AP8=", "partition": 1}
                ]}""");
        has(places, "{\"partition\":1,\"offset\":1}");
        String records = done("GET", "/topics/orders/records?partition=1");
        has(records, "\"key\":\"o-1\"", "\"value\":\"{\\\"total\\\":12}\"", "\"value\":\"x\"", "\"valueBase64\":\"AP8=\"");
        has(done("GET", "/topics/orders"), "\"retention.ms\":\"1000\"", "\"highWatermark\":2");
        done("POST", "/groups/billing/offsets", "{\"orders\":{\"1\":1}}");
        has(done("GET", "/groups/billing"), "\"totalLag\":1");
        check(done("GET", "/connections").equals("[]"));
    }

    private void waiting() throws Exception {
        HttpRequest wait = request("POST", "/wait/records", "{\"topic\":\"later\",\"count\":2}");
        CompletableFuture<HttpResponse<String>> found = client.sendAsync(wait, BodyHandlers.ofString());
        done("POST", "/topics/later/records", "{\"records\":[{\"value\":\"1\"},{\"value\":\"2\"}]}");
        has(found.get().body(), "\"value\":\"1\"", "\"value\":\"2\"");
        done("POST", "/wait/committed", "{\"group\":\"billing\",\"topic\":\"orders\",\"offsets\":{\"1\":1}}");
        refused(408, "TIMEOUT", "POST", "/wait/lag", "{\"group\":\"billing\",\"lag\":0,\"timeout\":\"20 ms\"}");
        done("POST", "/wait/idle");
    }

    private void following() throws Exception {
        HttpRequest follow = request("GET", "/topics/later/records/stream", null);
        HttpResponse<Stream<String>> stream = client.send(follow, BodyHandlers.ofLines());
        try (Stream<String> lines = stream.body()) {
            check(stream.headers().firstValue("content-type").orElse("").equals("text/event-stream"));
            done("POST", "/topics/later/records", "{\"records\":[{\"value\":\"3\"}]}");
            List<String> values = lines.filter(line -> line.startsWith("data: "))
                    .map(line -> text(line, "value"))
                    .limit(3)
                    .toList();
            check(values.equals(List.of("1", "2", "3")), values);
        }
    }

    private void betweenTests() throws Exception {
        String id = text(done("POST", "/snapshots"), "id");
        done("POST", "/reset", "{\"topics\":{\"fresh\":{\"partitions\":3}}}");
        check(done("GET", "/topics").equals("[\"fresh\"]"));
        done("POST", "/snapshots/" + id + "/restore");
        has(done("GET", "/topics"), "orders", "later");
        done("DELETE", "/snapshots/" + id);
        done("POST", "/restart", "{\"kill\":true}");
        has(done("GET", "/topics/later/records"), "\"value\":\"3\"");
    }

    private void time() throws Exception {
        has(done("POST", "/clock/freeze"), "\"isFrozen\":true");
        done("POST", "/clock/set", "{\"time\":\"2030-01-01T00:00:00Z\"}");
        has(done("POST", "/clock/advance", "{\"duration\":\"5 minutes\"}"), "\"iso\":\"2030-01-01T00:05:00.000Z\"");
        has(done("POST", "/clock/resume"), "\"isFrozen\":false");
    }

    private void errors() throws Exception {
        refused(404, "NOT_FOUND", "GET", "/topics/none", null);
        refused(404, "GROUP_ID_NOT_FOUND", "POST", "/groups/none/rebalance", null);
        refused(400, "INVALID_REQUEST", "POST", "/topics", "{\"nam\":\"t\"}");
        refused(400, "INVALID_REQUEST", "POST", "/faults", "{\"action\":\"NO_SUCH_ERROR\"}");
        refused(409, "INVALID_TXN_STATE", "POST", "/transactions/none/expire", null);
    }

    private void makingItFail() throws Exception {
        String fault = text(done("POST", "/faults", """
                {"selector": {"api": "Fetch"}, "action": {"delay": "1 s"}, "options": {"times": 1}}"""), "id");
        has(done("GET", "/faults"), "\"id\":\"" + fault + "\"", "\"hits\":0");
        refused(408, "TIMEOUT", "POST", "/faults/" + fault + "/wait", "{\"timeout\":20}");
        done("DELETE", "/faults/" + fault);
        done("DELETE", "/network/" + text(done("POST", "/network/slow", "{\"latency\":\"1 s\"}"), "id"));
        done("POST", "/disk-faults", """
                {"selector": {"operation": "write", "topic": "orders"}, "action": {"code": "EIO"}}""");
        refused(422, "KAFKA_STORAGE_ERROR", "POST", "/topics/orders/records", "{\"records\":[{\"value\":\"lost\"}]}");
        done("DELETE", "/faults");
    }

    private void health() throws Exception {
        check(done("GET", "/healthz").equals("{\"status\":\"ok\"}"));
        String where = text(done("GET", "/readyz"), "bootstrapServers");
        check(where.equals(text(done("GET", "/broker"), "bootstrapServers")), where);
        has(done("GET", "/openapi.json"), "\"openapi\":\"3.1", "\"/faults\":");
    }
}
