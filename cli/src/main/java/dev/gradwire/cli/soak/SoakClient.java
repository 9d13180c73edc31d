package dev.gradwire.cli.soak;

import dev.gradwire.client.Gradwire;
import dev.gradwire.client.Tensor;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The client of row M5 in its own process: calls, and tells of its memory now and then. */
@Command(name = "soak-client", hidden = true, description = "Calls a server; a part of soak.")
public final class SoakClient implements Callable<Integer> {
    static final String PREFIX = "calls and MiB: ";
    private static final int EVERY = 500;

    @Parameters(index = "0")
    private int port;

    @Parameters(index = "1")
    private int calls;

    @Parameters(index = "2")
    private double seconds;

    private final PrintStream out = System.out;

    @Override
    public Integer call() {
        try (Gradwire client = Gradwire.connect("127.0.0.1:" + port)) {
            client.serverInfo();
            long end = System.nanoTime() + (long) (seconds * 1e9);
            for (int i = 1; i <= calls && System.nanoTime() < end; i++) {
                Tensor x = client.tensor(new float[] {1, 2, 3}, 3).requiresGrad(true);
                Tensor y = x.mul(x).sum();
                y.backward();
                if (y.item() != 14) {
                    return 1;
                }
                if (i % EVERY == 0) {
                    double bytes = ProcessStatus.bytes(ProcessHandle.current().pid(), "VmRSS:");
                    out.println(PREFIX + i + " " + bytes / (1 << 20));
                }
            }
        }
        return 0;
    }
}
