package shop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * The broker that `odradek run --control` has put beside us, as new for each test that has it as a parameter. What it can
 * be asked is in /openapi.json of its control server.
 */
final class Broker {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client = HttpClient.newHttpClient();
    private final String url = System.getenv("ODRADEK_CONTROL_URL");
    final String bootstrapServers = System.getenv("KAFKA_BOOTSTRAP_SERVERS");

    JsonNode get(String path) {
        return read(ask("GET", path, null));
    }

    JsonNode post(String path, Map<String, ?> body) {
        return read(ask("POST", path, body));
    }

    private static JsonNode read(String answer) {
        try {
            return JSON.readTree(answer);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private String ask(String method, String path, Map<String, ?> body) {
        try {
            HttpRequest request = HttpRequest.newBuilder(URI.create(url + path))
                    .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(JSON.writeValueAsString(body)))
                    .build();
            HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
            if (answer.statusCode() >= 300) Assertions.fail(method + " " + path + ": " + answer.body());
            return answer.body();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        } catch (InterruptedException error) {
            throw new IllegalStateException(error);
        }
    }

    /** Gives the broker to tests, and shows the last requests of one that failed. */
    static final class Extension implements ParameterResolver, TestWatcher {
        private final Broker broker = new Broker();

        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == Broker.class;
        }

        @Override
        public Broker resolveParameter(ParameterContext parameter, ExtensionContext context) {
            if (broker.url == null) Assertions.fail("run it beside a broker: npx odradek run --control -- mvn test");
            broker.post("/reset", Map.of("topics", Map.of("orders", Map.of(), "orders.dead", Map.of(), "bills", Map.of())));
            return broker;
        }

        @Override
        public void testFailed(ExtensionContext context, Throwable cause) {
            if (broker.url != null) System.err.println(broker.ask("GET", "/requests/trace?last=20", null));
        }
    }
}
