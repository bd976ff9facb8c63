package shop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Broker.Extension.class)
class ShopTest {
    private static final Shop.Order ORDER = new Shop.Order("o-1", 100);

    @Test
    void anOrderIsThereOnceAlthoughTheAnswerToItWasLost(Broker broker) throws Exception {
        JsonNode fault = broker.post("/faults", Map.of(
                "selector", Map.of("api", "Produce", "topic", "orders"),
                "action", Map.of("disconnect", "after"),
                "options", Map.of("times", 1)));
        new Shop(broker.bootstrapServers).place(ORDER);
        assertEquals(1, broker.get("/faults/" + fault.get("id").asText()).get("hits").asInt());
        assertEquals(1, broker.get("/topics/orders/records").size());
    }

    @Test
    void anOrderThatTheBrokerWillNeverTakeIsTold(Broker broker) {
        broker.post("/faults", Map.of("selector", Map.of("api", "Produce"), "action", "TOPIC_AUTHORIZATION_FAILED"));
        assertThrows(TopicAuthorizationException.class, () -> new Shop(broker.bootstrapServers).place(ORDER));
        assertEquals(0, broker.get("/topics/orders/records").size());
    }

    @Test
    void ordersAreBilledAndWhatIsNoneGoesToTheDead(Broker broker) throws Exception {
        broker.post("/topics/orders/records", Map.of("records", List.of(
                Map.of("value", "no JSON"), Map.of("key", "o-1", "value", ORDER))));
        new Shop(broker.bootstrapServers).bill();
        broker.post("/wait/committed", Map.of("group", "billing", "topic", "orders", "offsets", Map.of("0", 2)));
        assertEquals("no JSON", broker.get("/topics/orders.dead/records").get(0).get("value").asText());
        assertEquals("{\"gross\":119.0}", broker.get("/topics/bills/records").get(0).get("value").asText());
        assertEquals("consumer", broker.get("/groups/billing").get("type").asText());
    }

    @Test
    void anOrderWaitsUntilTheBrokerIsBack(Broker broker) throws Exception {
        CompletableFuture<JsonNode> restarted =
                CompletableFuture.supplyAsync(() -> broker.post("/restart", Map.of("kill", true, "downFor", "300 ms")));
        new Shop(broker.bootstrapServers).place(ORDER);
        restarted.get();
        assertEquals(1, broker.get("/topics/orders/records").size());
    }
}
