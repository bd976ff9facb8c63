import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * What Kafka's Java clients see of a broker, as cases that each have clients, topics and groups of their own. Prints one
 * line of JSON for each case as it ends; with --list only their names. All in one JVM, many at a time: they wait much.
 */
public final class Behaviours {
  private static final int AT_ONCE = 6;
  private static final int DEADLINE_MINUTES = 15;

  interface Behaviour {
    void check(Broker broker) throws Exception;
  }

  private static Map<String, Behaviour> all() {
    Map<String, Behaviour> cases = new LinkedHashMap<>();
    ProducerCases.addTo(cases);
    TransactionCases.addTo(cases);
    ConsumerCases.addTo(cases);
    GroupCases.addTo(cases);
    MigrationCases.addTo(cases);
    AdminCases.addTo(cases);
    return cases;
  }

  public static void main(String[] args) throws Exception {
    var cases = all();
    if (args[0].equals("--list")) {
      cases.keySet().forEach(System.out::println);
      return;
    }
    String only = args.length > 1 ? args[1] : "";
    var pool = Executors.newFixedThreadPool(AT_ONCE);
    cases.forEach((name, behaviour) -> {
      if (name.contains(only)) pool.execute(() -> run(args[0], name, behaviour));
    });
    pool.shutdown();
    boolean inTime = pool.awaitTermination(DEADLINE_MINUTES, TimeUnit.MINUTES);
    Runtime.getRuntime().halt(inTime ? 0 : 1);
  }

  private static void run(String bootstrap, String name, Behaviour behaviour) {
    String error = null;
    try (Broker broker = new Broker(bootstrap)) {
      behaviour.check(broker);
    } catch (Throwable failure) {
      var trace = new StringWriter();
      failure.printStackTrace(new PrintWriter(trace));
      error = trace.toString();
    }
    String line = "{\"name\":" + quoted(name) + ",\"error\":" + (error == null ? "null" : quoted(error)) + "}";
    synchronized (System.out) {
      System.out.println(line);
      System.out.flush();
    }
  }

  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') quoted.append('\\').append(c);
      else if (c < ' ' || c > '~') quoted.append(String.format("\\u%04x", (int) c));
      else quoted.append(c);
    }
    return quoted.append('"').toString();
  }
}
