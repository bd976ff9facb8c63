import java.io.IOException;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.utils.AppInfoParser;

/**
 * BOOTSTRAP CONTROL PREFIX SCENARIO,SCENARIO...: arguments in, one JSON line per scenario out, and the scenarios'
 * helpers. See ../README.md for the contract. Nothing here knows the client but its version.
 */
public final class Driver {
    static final long SCENARIO_DEADLINE_MS = 120_000;
    private static final long INTERVAL_MS = 10;
    private static final long AFTER_A_FAILURE_MS = 50;
    private static final int LONGEST_REASON = 600;

    /** What the client cannot do, in words that are its own where it has some. */
    static final class Unsupported extends RuntimeException {
        Unsupported(String reason) {
            super(reason);
        }
    }

    interface Scenario {
        void run(Client client, Run run) throws Exception;
    }

    interface Check {
        void of(List<String> acknowledged, List<String> read);
    }

    /** What one scenario is given. */
    static final class Run {
        final String bootstrap;
        final String name;
        private final String control;
        private final Deque<AutoCloseable> closers = new ArrayDeque<>();

        Run(String bootstrap, String control, String name) {
            this.bootstrap = bootstrap;
            this.control = control;
            this.name = name;
        }

        /** Keeps what must be closed, and gives it back. */
        synchronized <T extends AutoCloseable> T using(T closable) {
            closers.push(closable);
            return closable;
        }

        synchronized void end() {
            for (AutoCloseable closable : closers) {
                try {
                    closable.close();
                } catch (Exception ignored) {
                    // The scenario's outcome is settled; what cannot be closed ends with the process.
                }
            }
        }

        /** Kills the broker with -9 and starts it again; returns when it is up. */
        Void restartBroker() throws IOException {
            String[] address = control.split(":");
            try (Socket socket = new Socket(address[0], Integer.parseInt(address[1]))) {
                while (socket.getInputStream().read() >= 0) continue;
            }
            return null;
        }
    }

    static void check(boolean holds, String message) {
        if (!holds) throw new IllegalStateException(message);
    }

    static void checkEqual(Object got, Object expected, String what) {
        check(Objects.equals(got, expected), what + ": expected " + brief(expected) + ", got " + brief(got));
    }

    private static String brief(Object value) {
        String text = String.valueOf(value);
        return text.substring(0, Math.min(300, text.length()));
    }

    /** Asks until the answer is true. */
    static void until(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SCENARIO_DEADLINE_MS / 2);
        while (!condition.call()) {
            check(System.nanoTime() < deadline, "not in time: " + what);
            Thread.sleep(INTERVAL_MS);
        }
    }

    interface Send {
        void of(List<String> values) throws Exception;
    }

    /** Gives whether the values were acknowledged. */
    private static boolean sent(Send send, List<String> values) throws InterruptedException {
        try {
            send.of(values);
            return true;
        } catch (InterruptedException stopped) {
            throw stopped;
        } catch (Exception refused) {
            Thread.sleep(AFTER_A_FAILURE_MS);
            return false;
        }
    }

    /**
     * Sends batch after batch while the broker is killed and started again, twice; what fails is not sent again. Gives
     * what was acknowledged, in order; the last record is "end".
     */
    static List<String> sendThroughRestarts(Run run, Send send) throws Exception {
        List<String> acknowledged = new ArrayList<>();
        int[] next = {0};
        Callable<Boolean> sendBatch = () -> {
            List<String> values = new ArrayList<>();
            for (int i = 0; i < 100; i++) values.add(String.valueOf(next[0]++));
            if (!sent(send, values)) return false;
            acknowledged.addAll(values);
            return true;
        };
        sendSome(sendBatch);
        for (int kill = 0; kill < 2; kill++) {
            FutureTask<Void> restart = new FutureTask<>(run::restartBroker);
            new Thread(restart, "restart").start();
            while (!restart.isDone()) sendBatch.call();
            restart.get();
            sendSome(sendBatch);
        }
        while (!sent(send, List.of("end"))) continue;
        return acknowledged;
    }

    private static void sendSome(Callable<Boolean> sendBatch) throws Exception {
        for (int sent = 0; sent < 5;) if (sendBatch.call()) sent++;
    }

    /** All that an error and its causes say. */
    static String reasonOf(Throwable error) {
        StringBuilder reason = new StringBuilder();
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof ExecutionException) continue;
            if (reason.length() > 0) reason.append(": ");
            boolean ours = cause instanceof IllegalStateException || cause instanceof Unsupported;
            if (!ours) reason.append(cause.getClass().getSimpleName()).append(": ");
            reason.append(cause.getMessage());
        }
        return reason.substring(0, Math.min(LONGEST_REASON, reason.length()));
    }

    private static String outcomeOf(Scenario scenario, Run run) throws InterruptedException {
        FutureTask<Void> task = new FutureTask<>(() -> {
            scenario.run(new Client(run), run);
            return null;
        });
        Thread thread = new Thread(task, run.name);
        thread.setDaemon(true);
        thread.start();
        try {
            task.get(SCENARIO_DEADLINE_MS, TimeUnit.MILLISECONDS);
            return "\"outcome\":\"ok\"";
        } catch (TimeoutException late) {
            thread.interrupt();
            return "\"outcome\":\"failed\",\"reason\":\"not done within " + SCENARIO_DEADLINE_MS + " ms\"";
        } catch (ExecutionException failed) {
            String outcome = failed.getCause() instanceof Unsupported ? "unsupported" : "failed";
            return "\"outcome\":\"" + outcome + "\",\"reason\":" + quoted(reasonOf(failed));
        }
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') quoted.append('\\').append(c);
            else if (c < ' ' || c > '~') quoted.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            else quoted.append(c);
        }
        return quoted.append('"').toString();
    }

    public static void main(String[] args) throws Exception {
        System.out.println("{\"version\":" + quoted(AppInfoParser.getVersion()) + "}");
        Map<String, Scenario> scenarios = Scenarios.all();
        for (String name : args[3].split(",")) {
            Run run = new Run(args[0], args[1], args[2] + "." + name);
            Scenario scenario = scenarios.getOrDefault(name, (client, ignored) -> {
                throw new Unsupported("no such scenario");
            });
            long started = System.nanoTime();
            String outcome = outcomeOf(scenario, run);
            endInTime(run);
            long ms = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started);
            System.out.println("{\"scenario\":" + quoted(name) + "," + outcome + ",\"ms\":" + ms + "}");
        }
        System.exit(0);
    }

    /** What hangs in its end shall not hold up the next scenario. */
    private static void endInTime(Run run) throws InterruptedException {
        Thread thread = new Thread(run::end, "end");
        thread.setDaemon(true);
        thread.start();
        thread.join(10_000);
    }
}
