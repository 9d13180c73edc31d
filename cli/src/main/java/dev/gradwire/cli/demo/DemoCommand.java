package dev.gradwire.cli.demo;

import dev.gradwire.cli.ProjectRoot;
import dev.gradwire.client.GradFn;
import dev.gradwire.client.Gradwire;
import dev.gradwire.service.GradwireServer;
import dev.gradwire.service.ServerConfig;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows the service at work, with a server of its own in the same process. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "Start a server on a free loopback port and use it by the Java client over gRPC: two autograd examples, a "
                    + "classifier of handwritten digits trained in one session, the grad_fn graph of its loss.",
            "Exit status: 0 where the classifier is right for at least 95%% of the images that it was not trained on."
        })
public final class DemoCommand implements Callable<Integer> {
    private static final double WANTED_ACCURACY = 0.95;

    // From Java 25 on there is no console where there is no terminal, as before Java 22.
    @SuppressWarnings("SystemConsoleNull")
    private static final boolean TERMINAL =
            System.console() != null && System.console().isTerminal();

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Folder for the drawing of the graph (default: target/demo of the project).")
    private @Nullable Path out;

    @Option(
            names = "--server",
            paramLabel = "HOST:PORT",
            description = "Use a server that is running instead of an own one.")
    private @Nullable String target;

    @Option(names = "--epochs", description = "Passes over the training images (default: ${DEFAULT-VALUE}).")
    private int epochs = 20;

    @Option(names = "--seed", description = "Decides the split, the first parameters and the order (default: 0).")
    private long seed;

    private final PrintStream console;
    private final boolean terminal;

    /** Prints to the standard output. */
    public DemoCommand() {
        this(new PrintStream(System.out, true, StandardCharsets.UTF_8), TERMINAL);
    }

    DemoCommand(PrintStream console, boolean terminal) {
        this.console = console;
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        if (target != null) {
            return run(target);
        }
        try (GradwireServer server = GradwireServer.start(ServerConfig.DEFAULT)) {
            return run("127.0.0.1:" + server.port());
        }
    }

    private int run(String address) throws IOException {
        try (Gradwire client = Gradwire.connect(address)) {
            heading("Autograd over gRPC, at " + address);
            new Tutorial(client, console).run();
            Training training = new Training(seed, epochs);
            heading("A classifier of handwritten digits: " + training.trainingSize() + " images to train on, "
                    + training.heldOutSize() + " held out");
            Training.Outcome outcome = training.run(client, new Progress(console, terminal));
            console.printf(
                    Locale.ROOT,
                    "  %d steps in %.2f s: %.0f steps a second%n",
                    outcome.steps(),
                    outcome.seconds(),
                    outcome.stepsPerSecond());
            heading("The grad_fn graph of its loss");
            draw(Objects.requireNonNull(outcome.loss().gradFn()));
            return verdict(outcome.accuracy());
        }
    }

    private void draw(GradFn loss) throws IOException {
        Path folder = out != null ? out : ProjectRoot.find().resolve("target").resolve("demo");
        console.print(loss.tree().indent(2));
        Drawing.write(loss, folder);
        console.println("  drawn in " + folder.resolve("grad_fn.svg") + " and grad_fn.dot");
    }

    private int verdict(double accuracy) {
        boolean good = accuracy >= WANTED_ACCURACY;
        console.printf(
                Locale.ROOT,
                "%n%.1f%% of the held-out images are recognised; %.0f%% are wanted.%n",
                100 * accuracy,
                100 * WANTED_ACCURACY);
        return good ? 0 : 1;
    }

    private void heading(String text) {
        console.println();
        console.println(terminal ? "\u001b[1m" + text + "\u001b[0m" : text);
    }
}
