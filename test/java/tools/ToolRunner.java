import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs the main methods of Kafka's command-line tools, unmodified, many in one JVM and several at once. A request is a
 * line of JSON on stdin: {"id", "main", "args", "input"} starts a tool, {"id", "stop": true} is its SIGTERM. An answer
 * is a line on stdout: {"id", "code", "stdout", "stderr"}. A tool that exits never comes back from that call, as in a
 * JVM of its own; whose output is whose is known by the thread, and by the thread that started that.
 */
public final class ToolRunner {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final PrintStream ANSWERS = System.out;
    private static final InheritableThreadLocal<Invocation> CURRENT = new InheritableThreadLocal<>();
    private static final Map<Integer, Invocation> RUNNING = new ConcurrentHashMap<>();
    private static final int SIGTERM_CODE = 143;

    private ToolRunner() {
    }

    public static void main(String[] args) throws Exception {
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        System.setIn(new Input());
        System.setOut(new PrintStream(new Output(false), true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(new Output(true), true, StandardCharsets.UTF_8));
        Exit.setExitProcedure((code, message) -> endOfThread(code));
        Exit.setHaltProcedure((code, message) -> endOfThread(code));
        Exit.setShutdownHookAdder((name, hook) -> CURRENT.get().hooks.add(hook));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            JsonNode request = JSON.readTree(line);
            int id = request.get("id").asInt();
            if (request.has("stop")) {
                Invocation running = RUNNING.get(id);
                if (running != null) running.stop();
            } else {
                new Invocation(id, request).start();
            }
        }
        Runtime.getRuntime().halt(0);
    }

    private static void endOfThread(int code) {
        CURRENT.get().exit(code);
        while (true) LockSupport.park();
    }

    private static final class Invocation {
        final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
        final ByteArrayOutputStream stderr = new ByteArrayOutputStream();
        final InputStream stdin;
        final List<Runnable> hooks = new ArrayList<>();
        private final int id;
        private final String mainClass;
        private final String[] args;
        private boolean isExiting;
        private boolean hasEnded;

        Invocation(int id, JsonNode request) {
            this.id = id;
            mainClass = request.get("main").asText();
            args = JSON.convertValue(request.get("args"), String[].class);
            stdin = new ByteArrayInputStream(request.get("input").asText().getBytes(StandardCharsets.UTF_8));
        }

        void start() {
            RUNNING.put(id, this);
            inThread("main", () -> exit(run()));
        }

        /** What SIGTERM does: the hooks run, the threads go on meanwhile, and then all is over. */
        void stop() {
            inThread("stop", () -> exit(SIGTERM_CODE));
        }

        private void inThread(String name, Runnable body) {
            Thread thread = new Thread(() -> {
                CURRENT.set(this);
                body.run();
            }, "tool-" + id + "-" + name);
            thread.setDaemon(true);
            thread.start();
        }

        private int run() {
            try {
                ClassLoader own = new OwnTools();
                Thread.currentThread().setContextClassLoader(own);
                Class.forName(mainClass, true, own).getMethod("main", String[].class).invoke(null, (Object) args);
                return 0;
            } catch (InvocationTargetException e) {
                System.err.print("Exception in thread \"main\" ");
                e.getCause().printStackTrace();
                return 1;
            } catch (ReflectiveOperationException e) {
                e.printStackTrace();
                return 1;
            }
        }

        void exit(int code) {
            synchronized (this) {
                if (isExiting) return;
                isExiting = true;
            }
            for (Runnable hook : hooks) hook.run();
            answer(code);
        }

        private void answer(int code) {
            RUNNING.remove(id);
            ObjectNode answer = JSON.createObjectNode().put("id", id).put("code", code);
            synchronized (this) {
                hasEnded = true;
                answer.put("stdout", stdout.toString(StandardCharsets.UTF_8));
                answer.put("stderr", stderr.toString(StandardCharsets.UTF_8));
            }
            synchronized (ANSWERS) {
                ANSWERS.println(answer);
                ANSWERS.flush();
            }
        }

        synchronized void write(ByteArrayOutputStream stream, byte[] bytes, int offset, int length) {
            if (!hasEnded) stream.write(bytes, offset, length);
        }
    }

    /** The classes of the tools once more: they count in static fields, and each must begin anew. */
    private static final class OwnTools extends ClassLoader {
        OwnTools() {
            super(ToolRunner.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("org.apache.kafka.tools.")) return super.loadClass(name, resolve);
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded != null ? loaded : define(name);
            }
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            try (InputStream file = getResourceAsStream(name.replace('.', '/') + ".class")) {
                if (file == null) throw new ClassNotFoundException(name);
                byte[] bytes = file.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }

    private static final class Output extends OutputStream {
        private final boolean isError;

        Output(boolean isError) {
            this.isError = isError;
        }

        @Override
        public void write(int value) {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            Invocation invocation = CURRENT.get();
            if (invocation == null) return;
            invocation.write(isError ? invocation.stderr : invocation.stdout, bytes, offset, length);
        }
    }

    private static final class Input extends InputStream {
        @Override
        public int read() throws IOException {
            return CURRENT.get().stdin.read();
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return CURRENT.get().stdin.read(bytes, offset, length);
        }

        @Override
        public int available() throws IOException {
            return CURRENT.get().stdin.available();
        }
    }
}
