import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.InvalidRegularExpression;
import org.apache.kafka.common.errors.UnreleasedInstanceIdException;
import org.apache.kafka.common.errors.UnsupportedAssignorException;

/** What members of a group are promised, by either protocol. */
final class GroupCases {
  static void addTo(Map<String, Behaviours.Behaviour> cases) {
    for (String protocol : List.of("classic", "consumer")) {
      sharing(cases, protocol);
      committing(cases, protocol);
      staying(cases, protocol);
    }
    patterns(cases);
    assigning(cases);
  }

  private static TopicPartition first(String topic) {
    return new TopicPartition(topic, 0);
  }

  private static KafkaConsumer<String, String> member(
      Broker broker, String protocol, String group, String topic, Map<String, Object> more) {
    var consumer = broker.member(protocol, group, more);
    consumer.subscribe(List.of(topic));
    return consumer;
  }

  private static KafkaConsumer<String, String> member(Broker broker, String protocol, String group, String topic) {
    return member(broker, protocol, group, topic, Map.of());
  }

  private static void sharing(Map<String, Behaviours.Behaviour> cases, String protocol) {
    cases.put("a group of one reads everything (" + protocol + ")", broker -> {
      String topic = broker.topic(3);
      for (int i = 0; i < 3; i++) broker.send(topic, i, "value " + i);
      var consumer = member(broker, protocol, broker.name("group"), topic);
      Broker.equal(List.of("value 0", "value 1", "value 2"), Broker.values(Broker.take(consumer, 3)));
      Broker.equal(3, consumer.assignment().size());
    });
    cases.put("two members share the partitions, and the one that stays has all again (" + protocol + ")", broker -> {
      String topic = broker.topic(4);
      String group = broker.name("group");
      var one = member(broker, protocol, group, topic);
      Broker.share(4, List.of(one));
      var other = member(broker, protocol, group, topic);
      Broker.share(4, List.of(one, other));
      for (int i = 0; i < 4; i++) broker.send(topic, i, "value " + i);
      var read = new ArrayList<String>();
      Broker.eventually("four records", () -> {
        for (var consumer : List.of(one, other)) consumer.poll(Duration.ofMillis(20)).forEach(record -> read.add(record.value()));
        return read.size() >= 4;
      });
      Broker.equal(4, new HashSet<>(read).size());
      other.close();
      Broker.share(4, List.of(one));
    });
    cases.put("a listener is told what comes and goes (" + protocol + ")", broker -> {
      String topic = broker.topic(2);
      String group = broker.name("group");
      List<String> told = new ArrayList<>();
      var one = broker.member(protocol, group, Map.of());
      one.subscribe(List.of(topic), new ConsumerRebalanceListener() {
        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
          if (!partitions.isEmpty()) told.add("revoked");
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
          if (!partitions.isEmpty()) told.add("assigned");
        }
      });
      Broker.share(2, List.of(one));
      Broker.equal(List.of("assigned"), told);
      Broker.share(2, List.of(one, member(broker, protocol, group, topic)));
      Broker.equal(true, told.contains("revoked"));
    });
    cases.put("partitions that a topic gets later are assigned too (" + protocol + ")", broker -> {
      String topic = broker.topic(1);
      var consumer = member(broker, protocol, broker.name("group"), topic);
      Broker.share(1, List.of(consumer));
      broker.admin().createPartitions(Map.of(topic, NewPartitions.increaseTo(3))).all().get();
      Broker.share(3, List.of(consumer));
    });
    cases.put("a member subscribes to another topic (" + protocol + ")", broker -> {
      String one = broker.topic(1);
      String other = broker.topic(2);
      var consumer = member(broker, protocol, broker.name("group"), one);
      Broker.share(1, List.of(consumer));
      consumer.subscribe(List.of(other));
      Broker.poll("the other topic", () -> consumer.assignment()
          .equals(Set.of(first(other), new TopicPartition(other, 1))), List.of(consumer));
      consumer.unsubscribe();
      Broker.equal(Set.of(), consumer.assignment());
    });
    cases.put("a topic that comes to be after its subscription is assigned (" + protocol + ")", broker -> {
      String topic = broker.name("later");
      var consumer = member(broker, protocol, broker.name("group"), topic, Map.of("allow.auto.create.topics", false));
      consumer.poll(Duration.ofMillis(300));
      broker.topic(topic, 2, Map.of());
      Broker.share(2, List.of(consumer));
    });
  }

  private static void committing(Map<String, Behaviours.Behaviour> cases, String protocol) {
    cases.put("a group goes on from where it committed (" + protocol + ")", broker -> {
      String topic = broker.topic(1);
      broker.send(topic, 0, "a", "b", "c");
      String group = broker.name("group");
      var one = member(broker, protocol, group, topic);
      Broker.take(one, 3);
      one.commitSync(Map.of(first(topic), new OffsetAndMetadata(2)));
      Broker.equal(2L, one.committed(Set.of(first(topic))).get(first(topic)).offset());
      one.close();
      Broker.equal(List.of("c"), Broker.values(Broker.take(member(broker, protocol, group, topic), 1)));
    });
    cases.put("a commit that is not waited for tells its callback (" + protocol + ")", broker -> {
      String topic = broker.topic(1);
      broker.send(topic, 0, "a");
      var consumer = member(broker, protocol, broker.name("group"), topic);
      Broker.take(consumer, 1);
      var told = new CompletableFuture<Map<TopicPartition, OffsetAndMetadata>>();
      consumer.commitAsync((offsets, error) -> {
        if (error == null) told.complete(offsets);
        else told.completeExceptionally(error);
      });
      Broker.poll("the callback", told::isDone, List.of(consumer));
      Broker.equal(1L, told.get(1, TimeUnit.SECONDS).get(first(topic)).offset());
    });
    cases.put("automatic commits happen at the latest when a member leaves (" + protocol + ")", broker -> {
      String topic = broker.topic(1);
      broker.send(topic, 0, "a", "b");
      String group = broker.name("group");
      var one = member(broker, protocol, group, topic, Map.of("enable.auto.commit", true));
      Broker.take(one, 2);
      one.close();
      Broker.equal(2L, broker.admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get()
          .get(first(topic)).offset());
    });
  }

  private static void staying(Map<String, Behaviours.Behaviour> cases, String protocol) {
    cases.put("a static member comes back to its partitions, and nobody rebalances (" + protocol + ")", broker -> {
      String topic = broker.topic(4);
      String group = broker.name("group");
      var one = member(broker, protocol, group, topic, Map.of("group.instance.id", "one"));
      var other = member(broker, protocol, group, topic, Map.of("group.instance.id", "other"));
      Broker.share(4, List.of(one, other));
      var before = Set.copyOf(other.assignment());
      int epoch = one.groupMetadata().generationId();
      other.close();
      var again = member(broker, protocol, group, topic, Map.of("group.instance.id", "other"));
      Broker.poll("its partitions", () -> again.assignment().equals(before), List.of(one, again));
      Broker.equal(2, one.assignment().size());
      Broker.equal(epoch, one.groupMetadata().generationId());
    });
    cases.put("two members cannot have one instance id (" + protocol + ")", broker -> {
      String topic = broker.topic(1);
      String group = broker.name("group");
      var one = member(broker, protocol, group, topic, Map.of("group.instance.id", "same"));
      Broker.share(1, List.of(one));
      var other = member(broker, protocol, group, topic, Map.of("group.instance.id", "same"));
      // Who is refused differs: the older protocol gives the id to the newcomer.
      if (protocol.equals("classic")) {
        Broker.fails(FencedInstanceIdException.class, () -> Broker.poll("the end of it", () -> false, List.of(one, other)));
      } else {
        Broker.fails(UnreleasedInstanceIdException.class, () -> Broker.poll("the end of it", () -> false, List.of(other)));
      }
    });
    cases.put("a member that polls too seldom loses its partitions to another (" + protocol + ")", broker -> {
      String topic = broker.topic(2);
      String group = broker.name("group");
      var idle = member(broker, protocol, group, topic, Map.of("max.poll.interval.ms", 3000));
      Broker.share(2, List.of(idle));
      Broker.share(2, List.of(member(broker, protocol, group, topic)));
    });
  }

  private static void patterns(Map<String, Behaviours.Behaviour> cases) {
    cases.put("a pattern that the client matches finds topics, later ones too (classic)", broker -> {
      String prefix = broker.name("pattern");
      broker.topic(prefix + "-1", 1, Map.of());
      var consumer = broker.member("classic", broker.name("group"), Map.of());
      consumer.subscribe(Pattern.compile(prefix + "-[0-9]"));
      Broker.share(1, List.of(consumer));
      broker.topic(prefix + "-2", 1, Map.of());
      Broker.share(2, List.of(consumer));
    });
    cases.put("a pattern that the broker matches finds topics, later ones too (consumer)", broker -> {
      String prefix = broker.name("pattern");
      broker.topic(prefix + "-1", 1, Map.of());
      broker.topic(prefix + "-none", 1, Map.of());
      var consumer = broker.member("consumer", broker.name("group"), Map.of());
      consumer.subscribe(new SubscriptionPattern(prefix + "-[0-9]+"));
      Broker.share(1, List.of(consumer));
      broker.topic(prefix + "-22", 1, Map.of());
      Broker.share(2, List.of(consumer));
      Broker.equal(Set.of(first(prefix + "-1"), first(prefix + "-22")), consumer.assignment());
    });
    cases.put("a pattern that is none is refused (consumer)", broker -> {
      var consumer = broker.member("consumer", broker.name("group"), Map.of());
      consumer.subscribe(new SubscriptionPattern("(unclosed"));
      Broker.fails(InvalidRegularExpression.class, () -> Broker.poll("a refusal", () -> false, List.of(consumer)));
    });
  }

  private static void assigning(Map<String, Behaviours.Behaviour> cases) {
    cases.put("a member that only pretends to leave stays one (classic)", broker -> {
      String topic = broker.topic(1);
      String group = broker.name("group");
      var one = member(broker, "classic", group, topic);
      Broker.share(1, List.of(one));
      one.close(CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.REMAIN_IN_GROUP));
      Broker.equal(1, broker.admin().describeConsumerGroups(List.of(group)).all().get().get(group).members().size());
    });
    for (String assignor : List.of("CooperativeSticky", "Range", "RoundRobin", "Sticky")) {
      cases.put("two members share by the assignor " + assignor + " (classic)", broker -> {
        String topic = broker.topic(5);
        String group = broker.name("group");
        Map<String, Object> config =
            Map.of("partition.assignment.strategy", "org.apache.kafka.clients.consumer." + assignor + "Assignor");
        var one = member(broker, "classic", group, topic, config);
        Broker.share(5, List.of(one));
        Broker.share(5, List.of(one, member(broker, "classic", group, topic, config)));
      });
    }
    cases.put("range gives neighbours, uniform what is fair (consumer)", broker -> {
      String topic = broker.topic(4);
      for (String assignor : List.of("range", "uniform")) {
        String group = broker.name("group");
        Map<String, Object> config = Map.of("group.remote.assignor", assignor);
        var members = IntStream.range(0, 2).mapToObj(i -> member(broker, "consumer", group, topic, config)).toList();
        Broker.share(4, members);
        var described = broker.admin().describeConsumerGroups(List.of(group)).all().get().get(group);
        Broker.equal(assignor, described.partitionAssignor());
        if (assignor.equals("range")) {
          var partitions = members.get(0).assignment().stream().map(TopicPartition::partition).sorted().toList();
          Broker.equal(1, partitions.get(1) - partitions.get(0));
        }
      }
    });
    cases.put("an assignor that the broker lacks is refused (consumer)", broker -> {
      String topic = broker.topic(1);
      var consumer = member(broker, "consumer", broker.name("group"), topic, Map.of("group.remote.assignor", "none-such"));
      Broker.fails(UnsupportedAssignorException.class, () -> Broker.poll("a refusal", () -> false, List.of(consumer)));
    });
    cases.put("a group passes from the classic protocol to the new one member by member, and back", broker -> {
      String topic = broker.topic(4);
      String group = broker.name("group");
      var one = member(broker, "classic", group, topic);
      Broker.share(4, List.of(one));
      var other = member(broker, "consumer", group, topic);
      Broker.share(4, List.of(one, other));
      var third = member(broker, "classic", group, topic);
      Broker.share(4, List.of(one, other, third));
      other.close();
      Broker.share(4, List.of(one, third));
    });
  }
}
