package shop;

import com.github.dockerjava.api.command.InspectContainerResponse;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.utility.DockerImageName;

/** The image of Odradek's Containerfile as a container of Testcontainers: the broker, and its control server. */
public final class OdradekContainer extends GenericContainer<OdradekContainer> {
    private static final int KAFKA_PORT = 9092;
    private static final int CONTROL_PORT = 8080;
    private static final String SCRIPT = "/tmp/start-odradek.sh";
    private static final String IS_WRITTEN = "/tmp/start-odradek.written";

    public OdradekContainer(DockerImageName image) {
        super(image);
        withExposedPorts(KAFKA_PORT, CONTROL_PORT);
        // Where clients find it is known once its ports are mapped: until then it waits to be told.
        withCommand("sh", "-c", "while [ ! -f " + IS_WRITTEN + " ]; do sleep 0.05; done; exec sh " + SCRIPT);
        waitingFor(Wait.forHttp("/readyz").forPort(CONTROL_PORT).forStatusCode(200));
    }

    @Override
    protected void containerIsStarting(InspectContainerResponse container) {
        String script = "export KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://" + getBootstrapServers() + "\n"
                + "exec /opt/odradek/run.mjs\n";
        copyFileToContainer(Transferable.of(script), SCRIPT);
        copyFileToContainer(Transferable.of(""), IS_WRITTEN);
    }

    public String getBootstrapServers() {
        return getHost() + ":" + getMappedPort(KAFKA_PORT);
    }

    /** What it can be asked is in /openapi.json. */
    public String getControlUrl() {
        return "http://" + getHost() + ":" + getMappedPort(CONTROL_PORT);
    }
}
