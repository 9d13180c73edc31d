package dev.gradwire.cli.bench;

import dev.gradwire.cli.conformance.ClientTarget;
import dev.gradwire.cli.conformance.Refusal;
import dev.gradwire.cli.conformance.Request;

/** From recording in the client to numbers in the client, with a server on the loopback interface between. */
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
    public Prepared prepare(Request request) throws Refusal {
        target.run(request);
        return new Prepared() {
            @Override
            public void run() throws Refusal {
                target.run(request);
            }

            @Override
            public long peakBytes() {
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
