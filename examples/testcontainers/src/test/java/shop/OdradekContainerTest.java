package shop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.testcontainers.junit.jupiter.Container;
import org.testcontainers.junit.jupiter.Testcontainers;
import org.testcontainers.utility.DockerImageName;

@Testcontainers(disabledWithoutDocker = true)
class OdradekContainerTest {
    @Container
    private static final OdradekContainer ODRADEK = new OdradekContainer(DockerImageName.parse("odradek"));

    @Test
    void anOrderIsWrittenAlthoughTheLeaderMoves() throws Exception {
        ask("POST", "/faults", """
                {"selector": {"api": "Produce"}, "action": "NOT_LEADER_OR_FOLLOWER", "options": {"times": 1}}""");
        Map<String, Object> config = Map.of("bootstrap.servers", ODRADEK.getBootstrapServers());
        try (var producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            assertEquals(0, producer.send(new ProducerRecord<>("orders", "o-1", "one")).get().offset());
        }
        assertTrue(ask("GET", "/topics/orders/records", "").contains("\"value\":\"one\""));
    }

    private static String ask(String method, String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(ODRADEK.getControlUrl() + path))
                .method(method, BodyPublishers.ofString(body))
                .build();
        return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
    }
}
