import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.errors.RebalanceInProgressException;

/** Groups that turn to another protocol while they read, member by member, as in a rolling restart (KIP-848). */
final class MigrationCases {
  private static final int PARTITIONS = 4;
  private static final int MEMBERS = 2;

  static void addTo(Map<String, Behaviours.Behaviour> cases) {
    for (boolean areStatic : List.of(false, true)) {
      for (String assignor : List.of("Range", "CooperativeSticky")) {
        String kind = (areStatic ? "static, " : "dynamic, ") + assignor;
        cases.put("a group turns to the consumer protocol and back, and loses nothing (" + kind + ")",
            broker -> turn(broker, areStatic, assignor));
      }
    }
    cases.put("members of both protocols share the partitions", MigrationCases::share);
  }

  private static void turn(Broker broker, boolean areStatic, String assignor) throws Exception {
    String topic = broker.topic(PARTITIONS);
    String group = broker.name("group");
    var members = new ArrayList<KafkaConsumer<String, String>>();
    for (int i = 0; i < MEMBERS; i++) members.add(member(broker, "classic", group, topic, configs(areStatic, assignor, i)));
    read(broker, topic, members, "at first");
    Broker.equal(GroupType.CLASSIC, type(broker, group));
    for (String protocol : List.of("consumer", "classic")) {
      for (int i = 0; i < MEMBERS; i++) {
        members.get(i).close();
        members.set(i, member(broker, protocol, group, topic, configs(areStatic, assignor, i)));
        read(broker, topic, members, protocol + " " + i);
        boolean isClassic = protocol.equals("classic") && i == MEMBERS - 1;
        Broker.equal(isClassic ? GroupType.CLASSIC : GroupType.CONSUMER, type(broker, group));
      }
    }
  }

  private static void share(Broker broker) throws Exception {
    String topic = broker.topic(PARTITIONS);
    String group = broker.name("group");
    var members = new ArrayList<KafkaConsumer<String, String>>();
    for (String protocol : List.of("consumer", "classic", "consumer", "classic")) {
      members.add(member(broker, protocol, group, topic, Map.of()));
      Broker.share(PARTITIONS, members);
    }
    var described = broker.admin().describeConsumerGroups(List.of(group)).all().get().get(group);
    Broker.equal(2L, described.members().stream().filter(member -> member.upgraded().orElseThrow()).count());
    while (members.size() > 1) {
      members.remove(0).close();
      Broker.share(PARTITIONS, members);
    }
    Broker.equal(GroupType.CLASSIC, type(broker, group));
  }

  /** What is sent now, to every partition, is all that is read. */
  private static void read(Broker broker, String topic, List<KafkaConsumer<String, String>> members, String what)
      throws Exception {
    Broker.share(PARTITIONS, members);
    var sent = new TreeSet<String>();
    for (int partition = 0; partition < PARTITIONS; partition++) {
      String value = what + ", partition " + partition;
      broker.send(topic, partition, value);
      sent.add(value);
    }
    var read = new TreeSet<String>();
    Broker.eventually("the records that were sent " + what, () -> {
      var allCommitted = true;
      for (var member : members) {
        member.poll(Duration.ofMillis(20)).forEach(record -> read.add(record.value()));
        allCommitted &= committed(member);
      }
      return allCommitted && read.size() >= sent.size();
    });
    Broker.equal(sent, read);
  }

  /** False in a rebalance, which the next poll goes on with. */
  private static boolean committed(KafkaConsumer<String, String> member) {
    try {
      member.commitSync();
      return true;
    } catch (RebalanceInProgressException rebalance) {
      return false;
    }
  }

  private static KafkaConsumer<String, String> member(
      Broker broker, String protocol, String group, String topic, Map<String, Object> configs) {
    var more = new HashMap<>(configs);
    if (protocol.equals("consumer")) more.remove("partition.assignment.strategy");
    var member = broker.member(protocol, group, more);
    member.subscribe(List.of(topic));
    return member;
  }

  private static Map<String, Object> configs(boolean isStatic, String assignor, int index) {
    var configs = new HashMap<String, Object>();
    configs.put("partition.assignment.strategy", "org.apache.kafka.clients.consumer." + assignor + "Assignor");
    if (isStatic) configs.put("group.instance.id", "instance-" + index);
    return configs;
  }

  private static GroupType type(Broker broker, String group) throws Exception {
    return broker.admin().describeConsumerGroups(List.of(group)).all().get().get(group).type();
  }
}
