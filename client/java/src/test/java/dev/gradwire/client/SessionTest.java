package dev.gradwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.rpc.Status;
import dev.gradwire.v1.Carry;
import dev.gradwire.v1.Execute;
import dev.gradwire.v1.SessionRequest;
import io.grpc.Status.Code;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class SessionTest {
    private final FakeServer server = new FakeServer();
    private final Gradwire client = server.client();
    private final Tensor x = client.input(DType.FLOAT32, 2).named("x");
    private final Tensor w = client.tensor(new float[] {1, 2}).named("w").requiresGrad(true);
    private final TensorData batch = TensorData.of(new float[] {3, 4}, 2);
    private Program training;
    private Program test;

    @BeforeEach
    void record() {
        Tensor loss = w.mul(x).sum().named("loss");
        Tensor next = w.sub(Gradwire.grad(loss, w).getFirst()).named("next");
        training = Program.builder().output("loss", loss).carry(w, next).build();
        test = Program.builder().output("loss", loss).output("weights", w).build();
    }

    @AfterEach
    void close() {
        server.close();
    }

    private List<Execute> executes() {
        return server.streamed.stream()
                .filter(SessionRequest::hasExecute)
                .map(SessionRequest::getExecute)
                .toList();
    }

    @Test
    void parametersGoUpOnceAndAreCarried() {
        try (Session session = client.session()) {
            for (int i = 0; i < 3; i++) {
                session.run(training, Map.of(x, batch)).get("loss");
            }
            session.run(test, Map.of(), List.of("weights")).get("weights");
        }

        assertThat(server.chunks("w")).hasSize(1);
        assertThat(server.chunks("x")).hasSize(3);
        assertThat(server.streamed.stream().filter(SessionRequest::hasOpen)).hasSize(2);
        assertThat(executes()).hasSize(4);
        Execute first = executes().getFirst();
        assertThat(first.getFetch().getResults(0).getOutput()).isEqualTo("loss");
        assertThat(first.getFetch().getResultsCount()).isEqualTo(1);
        assertThat(first.getCarry(0).getInput()).isEqualTo("w");
        assertThat(first.getCarry(0).getResult().getOutput()).isEqualTo("next");
        assertThat(executes().getLast().getFetch().getResults(0).getOutput()).isEqualTo("w");
    }

    @Test
    void factoriesMayBeCarriedInto() {
        server.values.put("zeros", TensorData.of(new float[] {0, 0}, 2));
        server.values.put("ones", TensorData.of(new float[] {1, 1}, 2));
        Tensor velocity = client.zeros(2);
        Tensor weight = client.ones(2).requiresGrad(true);
        Tensor faster = velocity.add(Gradwire.grad(weight.mul(x).sum(), weight).getFirst());
        Program program = Program.builder()
                .carry(velocity, faster)
                .carry(weight, weight.sub(faster))
                .build();
        try (Session session = client.session()) {
            session.run(program, Map.of(x, batch));
            session.run(program, Map.of());
        }

        assertThat(server.runs).hasSize(1);
        assertThat(server.chunks("zeros")).hasSize(1);
        assertThat(server.chunks("ones")).hasSize(1);
        assertThat(executes().getLast().getCarryList())
                .extracting(Carry::getInput)
                .containsExactly("zeros", "ones");
    }

    @Test
    void runsDifferInTheirRandomNumbers() {
        try (Session session = client.withOptions(RunOptions.defaults().seed(7)).session()) {
            session.run(training, Map.of(x, batch));
            session.run(training, Map.of());
        }

        assertThat(executes()).extracting(Execute::getSeed).containsExactly(7L, 8L);
        assertThat(executes()).extracting(Execute::getRunId).containsExactly(1L, 2L);
    }

    @Test
    void refusesWrongFeeds() {
        try (Session session = client.session()) {
            assertThatExceptionOfType(IllegalStateException.class)
                    .isThrownBy(() -> session.run(training, Map.of()))
                    .withMessage("input x has no value");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> session.run(training, Map.of(x, TensorData.of(new float[3], 3))))
                    .withMessage("x is float32[2], but was fed float32[3]");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> session.run(training, Map.of(client.tensor(1.0f), batch)));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> session.run(training, Map.of(x, batch), List.of("accuracy")));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Program.builder().carry(w.exp(), w));
            session.run(training, Map.of(x, batch)).get("loss");
        }
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> x.exp().data());
    }

    @Test
    void aFailedRunLeavesTheSessionUsable() {
        server.runErrors.add(Status.newBuilder()
                .setCode(Code.RESOURCE_EXHAUSTED.value())
                .setMessage("no room")
                .build());
        try (Session session = client.session()) {
            Run failed = session.run(training, Map.of(x, batch));
            assertThatExceptionOfType(ExhaustedException.class)
                    .isThrownBy(() -> failed.get("loss"))
                    .withMessage("no room");
            session.run(training, Map.of()).get("loss");
        }
    }

    @Test
    void aFailureThatNobodyReadIsThrownAtTheEnd() {
        server.runErrors.add(Status.newBuilder().setCode(Code.INTERNAL.value()).build());
        Session session = client.session();
        session.run(training, Map.of(x, batch));

        assertThatExceptionOfType(GradwireException.class).isThrownBy(session::close);
    }

    @Test
    void aRefusedProgramEndsTheSession() {
        server.failures.add(io.grpc.Status.INVALID_ARGUMENT.asRuntimeException());
        try (Session session = client.session()) {
            assertThatExceptionOfType(InvalidGraphException.class)
                    .isThrownBy(() -> session.run(training, Map.of(x, batch)));
        }
    }
}
