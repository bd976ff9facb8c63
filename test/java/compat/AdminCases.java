import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.GroupSubscribedToTopicException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** What an administrator is promised. */
final class AdminCases {
  static void addTo(Map<String, Behaviours.Behaviour> cases) {
    topics(cases);
    records(cases);
    cluster(cases);
    for (String protocol : List.of("classic", "consumer")) groups(cases, protocol);
    otherGroups(cases);
  }

  private static TopicPartition first(String topic) {
    return new TopicPartition(topic, 0);
  }

  private static void topics(Map<String, Behaviours.Behaviour> cases) {
    cases.put("topics are created, listed, described and deleted, by name and by id", broker -> {
      String topic = broker.topic(2, Map.of("retention.ms", "123456"));
      var admin = broker.admin();
      Broker.equal(true, admin.listTopics().names().get().contains(topic));
      var described = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
      Broker.equal(2, described.partitions().size());
      var ids = TopicCollection.ofTopicIds(List.of(described.topicId()));
      Broker.equal(topic, admin.describeTopics(ids).allTopicIds().get().get(described.topicId()).name());
      admin.deleteTopics(ids).all().get();
      Broker.eventually("the topic to be gone", () -> !admin.listTopics().names().get().contains(topic));
      Broker.fails(UnknownTopicOrPartitionException.class, () -> admin.deleteTopics(List.of(topic)).all().get());
    });
    cases.put("a topic is told what it became when it is created", broker -> {
      String topic = broker.name("topic");
      var created = broker.admin().createTopics(List.of(
          new NewTopic(topic, Optional.of(3), Optional.empty()).configs(Map.of("retention.ms", "777"))));
      Broker.equal(3, created.numPartitions(topic).get());
      Broker.equal(1, created.replicationFactor(topic).get());
      Broker.equal("777", created.config(topic).get().get("retention.ms").value());
    });
    cases.put("what is wrong with a new topic is said", broker -> {
      var admin = broker.admin();
      String topic = broker.topic(1);
      Broker.fails(TopicExistsException.class, () -> admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get());
      Broker.fails(InvalidReplicationFactorException.class,
          () -> admin.createTopics(List.of(new NewTopic(broker.name("topic"), 1, (short) 9))).all().get());
      Broker.fails(InvalidPartitionsException.class,
          () -> admin.createTopics(List.of(new NewTopic(broker.name("topic"), 0, (short) 1))).all().get());
      Broker.fails(InvalidConfigurationException.class, () -> admin.createTopics(List.of(
          new NewTopic(broker.name("topic"), 1, (short) 1).configs(Map.of("retention.ms", "soon")))).all().get());
    });
    cases.put("a topic gets more partitions, never fewer", broker -> {
      String topic = broker.topic(2);
      broker.admin().createPartitions(Map.of(topic, NewPartitions.increaseTo(4))).all().get();
      Broker.eventually("four partitions", () ->
          broker.admin().describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size() == 4);
      Broker.fails(InvalidPartitionsException.class,
          () -> broker.admin().createPartitions(Map.of(topic, NewPartitions.increaseTo(3))).all().get());
    });
    cases.put("configs of a topic are set, appended to, and taken back", broker -> {
      String topic = broker.topic(1);
      var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
      alter(broker, resource, "retention.ms", "777", AlterConfigOp.OpType.SET);
      alter(broker, resource, "cleanup.policy", "compact", AlterConfigOp.OpType.APPEND);
      Broker.eventually("the new values", () -> "777".equals(config(broker, resource, "retention.ms").value())
          && "delete,compact".equals(config(broker, resource, "cleanup.policy").value()));
      Broker.equal(ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG, config(broker, resource, "retention.ms").source());
      alter(broker, resource, "retention.ms", null, AlterConfigOp.OpType.DELETE);
      Broker.eventually("the default", () ->
          config(broker, resource, "retention.ms").source() == ConfigEntry.ConfigSource.DEFAULT_CONFIG);
      Broker.fails(InvalidConfigurationException.class,
          () -> alter(broker, resource, "retention.ms", "soon", AlterConfigOp.OpType.SET));
    });
  }

  private static void alter(Broker broker, ConfigResource resource, String name, String value, AlterConfigOp.OpType how)
      throws Exception {
    var change = new AlterConfigOp(new ConfigEntry(name, value), how);
    broker.admin().incrementalAlterConfigs(Map.of(resource, List.of(change))).all().get();
  }

  private static ConfigEntry config(Broker broker, ConfigResource resource, String name) throws Exception {
    return broker.admin().describeConfigs(List.of(resource)).all().get().get(resource).get(name);
  }

  private static void records(Map<String, Behaviours.Behaviour> cases) {
    cases.put("records are deleted up to an offset, and no further than there are", broker -> {
      String topic = broker.topic(1);
      broker.send(topic, 0, "a", "b", "c");
      var deleted = broker.admin().deleteRecords(Map.of(first(topic), RecordsToDelete.beforeOffset(2)));
      Broker.equal(2L, deleted.lowWatermarks().get(first(topic)).get().lowWatermark());
      Broker.equal("c", Broker.take(broker.reader(topic, "read_committed"), 1).get(0).value());
      Broker.fails(OffsetOutOfRangeException.class,
          () -> broker.admin().deleteRecords(Map.of(first(topic), RecordsToDelete.beforeOffset(9))).all().get());
    });
    cases.put("offsets are listed: first, last, by time, of the latest time", broker -> {
      String topic = broker.topic(1);
      var producer = broker.producer();
      for (long time : List.of(1000L, 3000L, 2000L)) producer.send(new ProducerRecord<>(topic, 0, time, null, "v")).get();
      for (var expected : Map.of(OffsetSpec.earliest(), 0L, OffsetSpec.latest(), 3L, OffsetSpec.forTimestamp(1500), 1L,
          OffsetSpec.maxTimestamp(), 1L).entrySet()) {
        var found = broker.admin().listOffsets(Map.of(first(topic), expected.getKey())).partitionResult(first(topic)).get();
        Broker.equal(expected.getValue(), found.offset());
      }
    });
    cases.put("a leader that is the preferred one need not be elected", broker -> {
      String topic = broker.topic(1);
      Broker.fails(ElectionNotNeededException.class, () -> {
        var result = broker.admin().electLeaders(ElectionType.PREFERRED, Set.of(first(topic))).partitions().get();
        throw result.get(first(topic)).orElseThrow();
      });
    });
    cases.put("log directories tell the size of a partition", broker -> {
      String topic = broker.topic(1);
      broker.send(topic, 0, "x".repeat(1000));
      int node = broker.admin().describeCluster().nodes().get().iterator().next().id();
      var directories = broker.admin().describeLogDirs(List.of(node)).allDescriptions().get().get(node);
      var sizes = directories.values().stream().map(one -> one.replicaInfos().get(first(topic))).filter(one -> one != null)
          .map(one -> one.size()).toList();
      Broker.equal(true, sizes.size() == 1 && sizes.get(0) > 1000 && sizes.get(0) < 2000);
    });
  }

  private static void cluster(Map<String, Behaviours.Behaviour> cases) {
    cases.put("the cluster is described: nodes, controller, quorum, features", broker -> {
      var admin = broker.admin();
      var described = admin.describeCluster();
      Broker.equal(1, described.nodes().get().size());
      Broker.equal(described.nodes().get().iterator().next().id(), described.controller().get().id());
      Broker.equal(22, described.clusterId().get().length());
      Broker.equal(1, admin.describeMetadataQuorum().quorumInfo().get().voters().size());
      var features = admin.describeFeatures().featureMetadata().get().finalizedFeatures();
      Broker.equal((short) 2, features.get("transaction.version").maxVersionLevel());
      Broker.equal((short) 1, features.get("group.version").maxVersionLevel());
    });
    cases.put("configs of the broker are described, with where they come from", broker -> {
      int node = broker.admin().describeCluster().nodes().get().iterator().next().id();
      var resource = new ConfigResource(ConfigResource.Type.BROKER, String.valueOf(node));
      var found = config(broker, resource, "num.io.threads");
      Broker.equal("8", found.value());
      Broker.equal(ConfigEntry.ConfigSource.DEFAULT_CONFIG, found.source());
      Broker.equal(true, config(broker, resource, "node.id").isReadOnly());
    });
    cases.put("configs of a group are set and described", broker -> {
      var resource = new ConfigResource(ConfigResource.Type.GROUP, broker.name("group"));
      alter(broker, resource, "consumer.session.timeout.ms", "50000", AlterConfigOp.OpType.SET);
      Broker.eventually("the new value",
          () -> "50000".equals(config(broker, resource, "consumer.session.timeout.ms").value()));
      Broker.fails(InvalidConfigurationException.class,
          () -> alter(broker, resource, "consumer.session.timeout.ms", "1", AlterConfigOp.OpType.SET));
      var listed = broker.admin().listConfigResources(Set.of(ConfigResource.Type.GROUP), new org.apache.kafka.clients.admin.ListConfigResourcesOptions()).all().get();
      Broker.equal(true, listed.contains(resource));
    });
  }

  /** A group whose only member has read two records. */
  private static KafkaConsumer<String, String> member(
      Broker broker, String protocol, String group, String topic, Map<String, Object> more) throws Exception {
    broker.send(topic, 0, "a", "b");
    var consumer = broker.member(protocol, group, more);
    consumer.subscribe(List.of(topic));
    Broker.take(consumer, 2);
    consumer.commitSync();
    return consumer;
  }

  private static void groups(Map<String, Behaviours.Behaviour> cases, String protocol) {
    var type = protocol.equals("classic") ? GroupType.CLASSIC : GroupType.CONSUMER;
    cases.put("a group is listed and described through its states (" + protocol + ")", broker -> {
      String topic = broker.topic(1);
      String group = broker.name("group");
      var consumer = member(broker, protocol, group, topic, Map.of("client.id", "a-client"));
      var described = broker.admin().describeConsumerGroups(List.of(group)).all().get().get(group);
      Broker.equal(GroupState.STABLE, described.groupState());
      Broker.equal(type, described.type());
      Broker.equal(protocol.equals("classic") ? "range" : "uniform", described.partitionAssignor());
      var only = new ArrayList<>(described.members()).get(0);
      Broker.equal("a-client", only.clientId());
      Broker.equal(Set.of(first(topic)), only.assignment().topicPartitions());
      Broker.equal(consumer.groupMetadata().memberId(), only.consumerId());
      Broker.equal(true, listed(broker, group, GroupState.STABLE, type));
      consumer.close();
      Broker.equal(GroupState.EMPTY, broker.admin().describeConsumerGroups(List.of(group)).all().get().get(group).groupState());
      Broker.equal(true, listed(broker, group, GroupState.EMPTY, type));
    });
    cases.put("a group with members is not deleted, an empty one is (" + protocol + ")", broker -> {
      String topic = broker.topic(1);
      String group = broker.name("group");
      var consumer = member(broker, protocol, group, topic, Map.of());
      Broker.fails(GroupNotEmptyException.class, () -> broker.admin().deleteConsumerGroups(List.of(group)).all().get());
      consumer.close();
      broker.admin().deleteConsumerGroups(List.of(group)).all().get();
      Broker.fails(GroupIdNotFoundException.class, () -> broker.admin().describeConsumerGroups(List.of(group)).all().get());
    });
    cases.put("offsets of an empty group are altered, those of members are not (" + protocol + ")", broker -> {
      String topic = broker.topic(1);
      String group = broker.name("group");
      var consumer = member(broker, protocol, group, topic, Map.of());
      var offsets = Map.of(first(topic), new OffsetAndMetadata(1));
      Broker.fails(UnknownMemberIdException.class, () -> broker.admin().alterConsumerGroupOffsets(group, offsets).all().get());
      consumer.close();
      broker.admin().alterConsumerGroupOffsets(group, offsets).all().get();
      Broker.equal(1L, offset(broker, group, topic));
    });
    cases.put("offsets of a topic that is subscribed to are not deleted (" + protocol + ")", broker -> {
      String topic = broker.topic(1);
      String group = broker.name("group");
      var consumer = member(broker, protocol, group, topic, Map.of());
      Broker.fails(GroupSubscribedToTopicException.class,
          () -> broker.admin().deleteConsumerGroupOffsets(group, Set.of(first(topic))).partitionResult(first(topic)).get());
      consumer.close();
      broker.admin().deleteConsumerGroupOffsets(group, Set.of(first(topic))).partitionResult(first(topic)).get();
      Broker.equal(-1L, offset(broker, group, topic));
    });
    cases.put("members are removed by an administrator (" + protocol + ")", broker -> {
      String topic = broker.topic(1);
      String group = broker.name("group");
      member(broker, protocol, group, topic, Map.of("group.instance.id", "static"));
      var removed = new RemoveMembersFromConsumerGroupOptions(List.of(new MemberToRemove("static")));
      broker.admin().removeMembersFromConsumerGroup(group, removed).all().get();
      Broker.equal(0, broker.admin().describeConsumerGroups(List.of(group)).all().get().get(group).members().size());
    });
  }

  private static long offset(Broker broker, String group, String topic) throws Exception {
    var found = broker.admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(first(topic));
    return found == null ? -1 : found.offset();
  }

  private static boolean listed(Broker broker, String group, GroupState state, GroupType type) throws Exception {
    var options = new ListGroupsOptions().inGroupStates(Set.of(state)).withTypes(Set.of(type));
    return broker.admin().listGroups(options).all().get().stream().anyMatch(one ->
        one.groupId().equals(group) && one.groupState().orElseThrow() == state && one.type().orElseThrow() == type);
  }

  private static void otherGroups(Map<String, Behaviours.Behaviour> cases) {
    cases.put("offsets of several groups are listed at once", broker -> {
      String topic = broker.topic(1);
      List<String> groups = List.of(broker.name("group"), broker.name("group"));
      for (String group : groups) {
        broker.admin().alterConsumerGroupOffsets(group, Map.of(first(topic), new OffsetAndMetadata(5))).all().get();
      }
      var specs = Map.of(groups.get(0), new ListConsumerGroupOffsetsSpec(), groups.get(1), new ListConsumerGroupOffsetsSpec());
      var found = broker.admin().listConsumerGroupOffsets(specs).all().get();
      for (String group : groups) Broker.equal(5L, found.get(group).get(first(topic)).offset());
    });
    cases.put("a classic group is described as one", broker -> {
      String topic = broker.topic(1);
      String group = broker.name("group");
      member(broker, "classic", group, topic, Map.of());
      var described = broker.admin().describeClassicGroups(List.of(group)).all().get().get(group);
      Broker.equal("consumer", described.protocol());
      Broker.equal("range", described.protocolData());
      Broker.equal(1, described.members().size());
    });
    cases.put("a group that is none is not found", broker -> {
      String group = broker.name("nobody");
      Broker.fails(GroupIdNotFoundException.class, () -> broker.admin().describeConsumerGroups(List.of(group)).all().get());
      Broker.fails(GroupIdNotFoundException.class, () -> broker.admin().deleteConsumerGroups(List.of(group)).all().get());
    });
  }
}
