package org.apache.kafka.coordinator.group;

// What Kafka's own assignors give for random groups that change step by step, one JSON line a step. See
// ../record-assignments.ts, which runs it.

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.*;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.group.api.assignor.*;
import org.apache.kafka.coordinator.group.assignor.RangeAssignor;
import org.apache.kafka.coordinator.group.assignor.UniformAssignor;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupTargetAssignmentMemberValue;
import org.apache.kafka.coordinator.group.modern.*;

public final class Assignments {
    private static final ObjectMapper JSON = new ObjectMapper();

    private record Member(String id, String instanceId, LinkedHashSet<Uuid> topics) {
    }

    private final Random random;
    private final Map<Uuid, Integer> topics = new LinkedHashMap<>();
    private final Map<String, Member> members = new LinkedHashMap<>();
    private Map<String, Assignment> assignments = new HashMap<>();
    private final boolean isHomogeneous;
    private final int maxPartitions;
    private int nextMember = 0;

    private Assignments(long seed) {
        random = new Random(seed);
        isHomogeneous = random.nextInt(3) > 0;
        maxPartitions = new int[] {1, 3, 12, 100}[random.nextInt(4)];
        for (int count = random.nextInt(8); count >= 0; count--) addTopic();
        for (int count = random.nextInt(new int[] {2, 6, 20, 40}[random.nextInt(4)]); count >= 0; count--) join();
    }

    private void addTopic() {
        byte[] bytes = new byte[16];
        random.nextBytes(bytes);
        java.nio.ByteBuffer buffer = java.nio.ByteBuffer.wrap(bytes);
        topics.put(new Uuid(buffer.getLong(), buffer.getLong()), 1 + random.nextInt(maxPartitions));
    }

    private LinkedHashSet<Uuid> subscription() {
        LinkedHashSet<Uuid> all = new LinkedHashSet<>(topics.keySet());
        if (!isHomogeneous) all.removeIf(topic -> random.nextInt(3) == 0);
        return all;
    }

    private void join() {
        String id = "member-" + nextMember++ + "-" + random.nextInt(1_000_000);
        String instanceId = random.nextInt(5) == 0 ? "instance-" + nextMember : null;
        members.put(id, new Member(id, instanceId, subscription()));
    }

    private void change() {
        switch (random.nextInt(6)) {
            case 0, 1 -> join();
            case 2 -> {
                if (members.size() > 1) {
                    String gone = new ArrayList<>(members.keySet()).get(random.nextInt(members.size()));
                    members.remove(gone);
                    assignments.remove(gone);
                }
            }
            case 3 -> {
                Uuid topic = new ArrayList<>(topics.keySet()).get(random.nextInt(topics.size()));
                topics.merge(topic, 1 + random.nextInt(4), Integer::sum);
            }
            case 4 -> addTopic();
            default -> {
                if (topics.size() > 1) topics.remove(new ArrayList<>(topics.keySet()).get(random.nextInt(topics.size())));
            }
        }
        members.replaceAll((id, member) -> {
            LinkedHashSet<Uuid> kept = new LinkedHashSet<>(isHomogeneous || random.nextInt(4) == 0 ? subscription() : member.topics);
            kept.retainAll(topics.keySet());
            return new Member(id, member.instanceId, kept);
        });
    }

    private static ArrayNode toJson(Map<Uuid, Set<Integer>> partitions) {
        ArrayNode json = JSON.createArrayNode();
        partitions.forEach((topic, numbers) -> {
            ArrayNode pair = json.addArray();
            pair.add(topic.toString());
            ArrayNode list = pair.addArray();
            numbers.forEach(list::add);
        });
        return json;
    }

    /** As a record brings it back. */
    private static Assignment replayed(Map<Uuid, Set<Integer>> partitions) {
        var value = new ConsumerGroupTargetAssignmentMemberValue();
        List<ConsumerGroupTargetAssignmentMemberValue.TopicPartition> list = new ArrayList<>();
        partitions.forEach((topic, numbers) -> list.add(new ConsumerGroupTargetAssignmentMemberValue.TopicPartition().setTopicId(topic).setPartitions(new ArrayList<>(numbers))));
        return Assignment.fromRecord(value.setTopicPartitions(list));
    }

    private ObjectNode step(PartitionAssignor assignor) {
        ObjectNode line = JSON.createObjectNode();
        line.put("assignor", assignor.name());
        line.put("isHomogeneous", isHomogeneous);
        ObjectNode counts = line.putObject("topics");
        topics.forEach((topic, count) -> counts.put(topic.toString(), count));
        Map<String, MemberSubscriptionAndAssignmentImpl> specs = new LinkedHashMap<>();
        Map<Uuid, Map<Integer, String>> inverted = new HashMap<>();
        ArrayNode list = line.putArray("members");
        for (Member member : members.values()) {
            Assignment before = assignments.getOrDefault(member.id, Assignment.EMPTY);
            before.partitions().forEach((topic, numbers) -> numbers.forEach(number -> inverted.computeIfAbsent(topic, key -> new HashMap<>()).put(number, member.id)));
            specs.put(member.id, new MemberSubscriptionAndAssignmentImpl(Optional.empty(), Optional.ofNullable(member.instanceId), member.topics, before));
            ObjectNode json = list.addObject();
            json.put("memberId", member.id);
            json.put("instanceId", member.instanceId);
            ArrayNode subscribed = json.putArray("topicIds");
            member.topics.forEach(topic -> subscribed.add(topic.toString()));
            json.set("assignment", toJson(before.partitions()));
        }
        SubscribedTopicDescriber describer = new SubscribedTopicDescriber() {
            @Override public int numPartitions(Uuid topic) { return topics.getOrDefault(topic, -1); }
            @Override public Set<String> racksForPartition(Uuid topic, int partition) { return Set.of(); }
        };
        SubscriptionType type = isHomogeneous ? SubscriptionType.HOMOGENEOUS : SubscriptionType.HETEROGENEOUS;
        GroupAssignment assigned = assignor.assign(new GroupSpecImpl(specs, type, inverted), describer);
        Map<String, Assignment> next = new HashMap<>();
        ArrayNode result = line.putArray("result");
        for (String id : members.keySet()) {
            MemberAssignment assignment = assigned.members().get(id);
            Map<Uuid, Set<Integer>> partitions = assignment == null ? Map.of() : assignment.partitions();
            result.add(toJson(partitions));
            next.put(id, replayed(partitions));
        }
        assignments = next;
        return line;
    }

    public static void main(String[] args) throws Exception {
        for (long seed = 1; seed <= Long.parseLong(args[0]); seed++) {
            Assignments group = new Assignments(seed);
            PartitionAssignor assignor = seed % 4 == 0 ? new RangeAssignor() : new UniformAssignor();
            for (int step = 0; step < Integer.parseInt(args[1]); step++) {
                System.out.println(JSON.writeValueAsString(group.step(assignor)));
                group.change();
            }
        }
    }
}
