package dev.gradwire.service.reliability;

import dev.gradwire.service.Details;
import dev.gradwire.service.SessionClient;
import dev.gradwire.service.Wire;
import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.AutogradServiceGrpc.AutogradServiceBlockingStub;
import dev.gradwire.v1.AutogradServiceGrpc.AutogradServiceStub;
import dev.gradwire.v1.Backward;
import dev.gradwire.v1.Execute;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.RunRequest;
import dev.gradwire.v1.RunResponse;
import dev.gradwire.v1.Tensor;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** Calls of all kinds, one after the other, whose answers it knows. */
final class MixedCaller {
    /** Few, so that the server soon has a plan for each: what grows later is no cache. */
    private static final int[] SMALL = {1, 7, 64, 201};

    private static final int[] LARGE = {1 << 16, 100_001, 1 << 18};

    private final Random random;
    private final AutogradServiceBlockingStub stub;
    private final AutogradServiceStub async;
    private int wrong;

    MixedCaller(Channel channel, long seed) {
        random = new Random(seed);
        stub = AutogradServiceGrpc.newBlockingStub(channel);
        async = AutogradServiceGrpc.newStub(channel);
    }

    /** Results that were not what they should be. */
    int wrong() {
        return wrong;
    }

    void call() {
        int kind = random.nextInt(100);
        boolean right = switch (kind / 5) {
            case 0 -> session();
            case 1 -> refused();
            case 2 -> cancelled();
            default -> run();
        };
        wrong += right ? 0 : 1;
    }

    private static Tensor tensor(int n, float v) {
        float[] elements = new float[n];
        Arrays.fill(elements, v);
        return Wire.floats(List.of((long) n), elements);
    }

    /** Σ x² and its gradient. */
    private boolean run() {
        int n = SMALL[random.nextInt(SMALL.length)];
        float v = random.nextInt(-50, 50);
        RunResponse response = stub.withDeadlineAfter(20, TimeUnit.SECONDS)
                .run(RunRequest.newBuilder()
                        .setProgram(Wire.program(Wire.squares(n)))
                        .setBackward(Backward.newBuilder().addRoots("y"))
                        .addInputs(Wire.named("x", tensor(n, v)))
                        .build());
        return Wire.floats(response.getOutputs(0).getTensor())[0] == n * v * v
                && holds(Wire.floats(response.getGradients(0).getValue()), n, 2 * v);
    }

    private static boolean holds(float[] elements, int n, float v) {
        if (elements.length != n) {
            return false;
        }
        for (float element : elements) {
            if (element != v) {
                return false;
            }
        }
        return true;
    }

    private static Open.Builder negation(int n) {
        return Open.newBuilder()
                .setProgram(Wire.program(Graph.newBuilder()
                        .addInputs(Wire.leaf("x", n))
                        .addNodes(Wire.node("sum", "add", Wire.value("x"), Wire.value("x")))
                        .addNodes(Wire.node("y", "neg", Wire.value("sum")))
                        .addOutputs("y")));
    }

    /** Two runs, the first of whose tensors makes room for the second's while it may still be on its way. */
    private boolean session() {
        int n = LARGE[random.nextInt(LARGE.length)];
        float v = random.nextInt(-50, 50);
        SessionClient session = new SessionClient(async).open(negation(n));
        session.opened();
        session.tensor("x", tensor(n, v)).execute(Execute.newBuilder().setRunId(1));
        session.tensor("x", tensor(n, v + 1)).execute(Execute.newBuilder().setRunId(2));
        boolean right = holds(session.done(1).output("y"), n, -2 * v);
        right &= holds(session.done(2).output("y"), n, -2 * (v + 1));
        session.completeWell();
        return right;
    }

    private boolean refused() {
        try {
            RunResponse _ = stub.run(RunRequest.newBuilder()
                    .setProgram(Wire.program(Wire.squares(3)))
                    .addInputs(Wire.named("x", tensor(4, 1)))
                    .build());
            return false;
        } catch (StatusRuntimeException e) {
            return Details.of(e).reason().equals("TYPE_MISMATCH");
        }
    }

    private boolean cancelled() {
        SessionClient session = new SessionClient(async).open(negation(LARGE[0]));
        session.opened();
        session.tensor("x", tensor(LARGE[0], 1)).execute(Execute.newBuilder().setRunId(1));
        session.call.cancel("enough", null);
        return true;
    }
}
