package dev.gradwire.service;

import dev.gradwire.kernel.DeviceUnavailableException;
import dev.gradwire.service.security.TlsSettings;
import dev.gradwire.service.security.TokenSettings;
import dev.gradwire.service.telemetry.TelemetryOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code serve} command; also the entry point of a container that has only the server. */
@Command(
        name = "serve",
        description = {
            "Serves until it is told to stop (SIGTERM, SIGINT); calls in flight then finish.",
            "Each option may also be given in the environment (--max-flops as GRADWIRE_MAX_FLOPS) or in a file of"
                    + " properties (max-flops=...); the command line comes first, then the environment."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
public final class ServeCommand implements Callable<Integer> {
    /** Status of a process whose engine is lost: its supervisor should start another. */
    static final int LOST = 3;

    private static final Duration LAST_WAIT = Duration.ofSeconds(2);

    @Option(
            names = "--host",
            description =
                    "Name or address to listen on (default: ${DEFAULT-VALUE}, this machine only; 0.0.0.0 for all).",
            defaultValue = "127.0.0.1")
    private String host = "";

    @Option(
            names = "--port",
            description = "Port to listen on, 0 for any free one (default: ${DEFAULT-VALUE}).",
            defaultValue = "" + ServerConfig.DEFAULT_PORT)
    private int port;

    @Option(names = "--lanes", description = "Graphs that run at a time (default: by the number of processors).")
    private int lanes = ServerConfig.DEFAULT.lanes();

    @Option(names = "--threads", description = "Threads of one kernel (default: the number of processors).")
    private int threads = ServerConfig.DEFAULT.threads();

    @Option(
            names = "--drain-delay",
            description = "Seconds for which a stopping server still takes calls (default: ${DEFAULT-VALUE}).",
            defaultValue = "0")
    private int drainDelaySeconds;

    @Option(
            names = "--grace",
            description = "Seconds that calls in flight then have (default: ${DEFAULT-VALUE}).",
            defaultValue = "30")
    private int graceSeconds;

    @Option(
            names = "--warm-up",
            description = "Milliseconds for which a new server runs graphs of its own in the background, after a round"
                    + " whose results it checks; 0 for neither (default: ${DEFAULT-VALUE}).",
            defaultValue = "3000")
    private int warmUpMillis;

    @Option(names = "--tls-certificate", description = "PEM file: the server's certificate and its chain; TLS 1.3.")
    private @Nullable Path tlsCertificate;

    @Option(names = "--tls-key", description = "PEM file: the certificate's private key (PKCS #8).")
    private @Nullable Path tlsKey;

    @Option(
            names = "--tls-client-ca",
            description = "PEM file: authorities of client certificates, which are then required (mutual TLS).")
    private @Nullable Path tlsClientAuthorities;

    @Option(
            names = "--jwks",
            description = "JSON Web Key Set file: calls then need a bearer token signed with one of its keys.")
    private @Nullable Path tokenKeys;

    @Option(names = "--jwt-issuer", description = "The issuer that tokens must name.")
    private @Nullable String tokenIssuer;

    @Option(names = "--jwt-audience", description = "The audience that tokens must be made for.")
    private @Nullable String tokenAudience;

    @Option(
            names = "--reload",
            description =
                    "Seconds between two looks at the files of certificates and keys (default: ${DEFAULT-VALUE}).",
            defaultValue = "60")
    private int reloadSeconds;

    @Mixin
    private TelemetryOptions telemetry = new TelemetryOptions();

    @Option(names = "--config", description = "File of properties with values for options.")
    private @Nullable Path config;

    @Option(
            names = "--self-test",
            description = "Only serve on a free port of the loopback interface until the warm-up is over, and exit.")
    private boolean selfTest;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private ServeCommand() {}

    /** The command with an option for each limit. */
    public static CommandLine commandLine() {
        CommandLine commandLine = new CommandLine(new ServeCommand());
        for (Limit limit : Limit.values()) {
            commandLine
                    .getCommandSpec()
                    .addOption(OptionSpec.builder(limit.flag())
                            .type(long.class)
                            .paramLabel("<" + limit.unit().toLowerCase(Locale.ROOT) + ">")
                            .description(limit.description() + " (default: " + limit.standard() + ")")
                            .build());
        }
        return commandLine;
    }

    /** Runs the command alone. */
    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    @Override
    public Integer call() throws InterruptedException {
        Path file = config == null ? fileOf(System.getenv("GRADWIRE_CONFIG")) : config;
        Settings.read(spec, System.getenv(), file)
                .applyTo(spec, spec.commandLine().getParseResult());
        ServerConfig config = config();
        telemetry.installLogs();
        return selfTest ? selfTest(config) : serve(config);
    }

    private static @Nullable Path fileOf(@Nullable String name) {
        return name == null ? null : Path.of(name);
    }

    private ServerConfig config() {
        Map<Limit, Long> limits = new EnumMap<>(Limit.class);
        for (Limit limit : Limit.values()) {
            Long value = spec.findOption(limit.flag()).getValue();
            if (value != null) {
                limits.put(limit, value);
            }
        }
        try {
            return new ServerConfig(
                    host,
                    port,
                    lanes,
                    threads,
                    new Limits(limits),
                    Duration.ofSeconds(drainDelaySeconds),
                    Duration.ofSeconds(graceSeconds),
                    Duration.ofMillis(warmUpMillis),
                    tls(),
                    tokens(),
                    telemetry.settings());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private @Nullable TlsSettings tls() {
        if (tlsCertificate == null && tlsKey == null && tlsClientAuthorities == null) {
            return null;
        }
        if (tlsCertificate == null || tlsKey == null) {
            throw new ParameterException(spec.commandLine(), "TLS needs both --tls-certificate and --tls-key");
        }
        return new TlsSettings(tlsCertificate, tlsKey, tlsClientAuthorities, Duration.ofSeconds(reloadSeconds));
    }

    private @Nullable TokenSettings tokens() {
        if (tokenKeys != null) {
            return new TokenSettings(tokenKeys, tokenIssuer, tokenAudience, Duration.ofSeconds(reloadSeconds));
        }
        if (tokenIssuer != null || tokenAudience != null) {
            throw new ParameterException(spec.commandLine(), "--jwt-issuer and --jwt-audience need --jwks");
        }
        return null;
    }

    private int serve(ServerConfig config) throws InterruptedException {
        try {
            GradwireServer server = GradwireServer.start(config);
            PrintWriter out = spec.commandLine().getOut();
            out.println("gradwire " + ServerInfo.version() + " serving on " + host + ":" + server.port());
            out.flush();
            return untilItEnds(server, config.grace());
        } catch (IOException e) {
            spec.commandLine().getErr().println("cannot serve on " + host + ":" + port + ": " + e.getMessage());
            return 1;
        } catch (DeviceUnavailableException | SelfTestException e) {
            spec.commandLine().getErr().println(e.getMessage());
            return 1;
        }
    }

    /** Goes all the way of a server's first caller, who asks for its health. */
    private int selfTest(ServerConfig config) throws InterruptedException {
        try (GradwireServer server = GradwireServer.start(config.onLoopback())) {
            Thread.sleep(config.warmUp());
            return new CommandLine(new HealthCommand()).execute("--port=" + server.port());
        } catch (IOException | DeviceUnavailableException | SelfTestException e) {
            spec.commandLine().getErr().println(e.getMessage());
            return 1;
        }
    }

    /**
     * Serves until a signal ends the process with status 0, once all calls are answered; or until the engine is lost.
     *
     * @return the status to end with when it is lost
     */
    static int untilItEnds(GradwireServer server, Duration grace) throws InterruptedException {
        AtomicInteger status = new AtomicInteger();
        // The process ends when its shutdown hooks have, with the status of the signal; so a clean stop says 0 itself.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            server.close();
            Runtime.getRuntime().halt(status.get());
        }));
        server.lost().join();
        status.set(LOST);
        // Native code that hangs would keep the process for ever.
        Thread.ofPlatform().daemon().start(() -> {
            try {
                Thread.sleep(grace.plus(LAST_WAIT));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            Runtime.getRuntime().halt(LOST);
        });
        return LOST;
    }
}
