package dev.gradwire.cli.bench;

import dev.gradwire.cli.conformance.ClientTarget;
import dev.gradwire.cli.conformance.Refusal;
import dev.gradwire.tensor.Tensor;
import java.util.List;

/**
 * From recording in the client to numbers in the client, with a server on the loopback interface between; only for
 * graphs of the conformance format.
 */
final class ClientContender implements Contender {
    private final ClientTarget target;

    ClientContender(int threads) {
        target = ClientTarget.start(threads);
    }

    @Override
    public String name() {
        return "gradwire-grpc";
    }

    @Override
    public Loaded load(Workload workload) throws Refusal {
        if (!(workload instanceof FileWorkload file)) {
            throw new Refusal("UNSUPPORTED", "only graphs of the conformance format are recorded by the client here");
        }
        return new Loaded() {
            @Override
            public long firstNanos(int number) throws Refusal {
                var request = file.unseenRequest(number);
                long start = System.nanoTime();
                target.run(request);
                return System.nanoTime() - start;
            }

            @Override
            public void run() throws Refusal {
                target.run(file.request());
            }

            @Override
            public List<Tensor> values() throws Refusal {
                return target.run(file.request()).outputs();
            }

            @Override
            public long plannedBytes() {
                return 0;
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public void close() {
        target.close();
    }
}
