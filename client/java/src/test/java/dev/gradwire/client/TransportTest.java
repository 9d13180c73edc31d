package dev.gradwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.ByteString;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.SessionRequest;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TransportTest {
    private final FakeServer server = new FakeServer();
    private final Gradwire client = server.client();

    @AfterEach
    void close() {
        server.close();
    }

    private static float[] numbers(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = i;
        }
        return values;
    }

    @ParameterizedTest
    @ValueSource(ints = {262_144, 262_145, 1_000_003})
    void largeTensorsGoInChunks(int count) {
        TensorData data = TensorData.of(numbers(count), count);
        server.values.put("neg", data);
        server.values.put("dx", data);
        Tensor x = client.tensor(data).named("x").requiresGrad(true);

        assertThat(x.neg().data()).isEqualTo(data);
        x.neg().backward(x);

        assertThat(x.grad().data()).isEqualTo(data);
        assertThat(server.runs).isEmpty();
        assertThat(server.chunks("x"))
                .allSatisfy(chunk -> assertThat(chunk.getData().size()).isBetween(1, Parts.LIMIT_BYTES));
        assertThat(server.sent("x")).isEqualTo(data.wireBytes().concat(data.wireBytes()));
        assertThat(server.streamed.getFirst().getMessageCase()).isEqualTo(SessionRequest.MessageCase.OPEN);
    }

    @Test
    void anEmptyTensorIsOneChunk() {
        client.tensor(new float[0], 0, 3)
                .named("x")
                .add(client.tensor(numbers(300_000)))
                .data();

        assertThat(server.chunks("x")).singleElement().satisfies(chunk -> {
            assertThat(chunk.getType().getDimsList()).containsExactly(0L, 3L);
            assertThat(chunk.getData()).isEqualTo(ByteString.EMPTY);
        });
    }

    @Test
    void largeGraphsGoInParts() {
        Tensor x = client.tensor(1.0f);
        Tensor y = x;
        for (int i = 0; i < 30_000; i++) {
            y = y.add(i).named("a_name_of_some_length_" + i);
        }
        y.data();

        List<Graph> parts = server.streamed.stream()
                .filter(SessionRequest::hasGraphPart)
                .map(request -> request.getGraphPart().getGraph())
                .toList();
        assertThat(parts)
                .hasSizeGreaterThan(1)
                .allSatisfy(part -> assertThat(part.getSerializedSize()).isLessThanOrEqualTo(Parts.LIMIT_BYTES));
        assertThat(parts.stream().mapToInt(Graph::getNodesCount).sum()).isEqualTo(30_000);
        assertThat(parts.getLast().getOutputsList()).containsExactly("a_name_of_some_length_29999");
    }

    @Test
    void answersTooLargeForOneMessageAreAskedForInChunks() {
        TensorData data = TensorData.of(numbers(1_500_000), 1_500_000);
        server.values.put("arange", data);

        assertThat(client.arange(1_500_000).data()).isEqualTo(data);
        assertThat(server.runs).hasSize(1);
        assertThat(server.streamed).isNotEmpty();
    }

    @Test
    void triesAgainWhereNoServerCouldBeReached() {
        server.failures.add(Status.UNAVAILABLE.asRuntimeException());
        server.failures.add(Status.UNAVAILABLE.asRuntimeException());
        client.tensor(1.0f).exp().data();
        assertThat(server.runs).hasSize(3);

        server.failures.add(Status.UNAVAILABLE.asRuntimeException());
        client.tensor(numbers(300_000)).exp().data();
        assertThat(server.streamed.stream().filter(SessionRequest::hasOpen)).hasSize(2);
    }

    @Test
    void doesNotTryAgainWhatIsWrong() {
        server.failures.add(Status.INVALID_ARGUMENT.asRuntimeException());

        assertThatExceptionOfType(InvalidGraphException.class)
                .isThrownBy(() -> client.tensor(numbers(300_000)).exp().data());
        assertThat(server.streamed).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 300_000})
    void anInterruptReachesTheServer(int count) throws InterruptedException {
        server.silent = true;
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread thread = Thread.ofVirtual().start(() -> {
            try {
                client.tensor(numbers(count)).exp().data();
            } catch (GradwireException e) {
                thrown.set(e);
            }
        });
        assertThat(server.arrived.await(10, TimeUnit.SECONDS)).isTrue();
        thread.interrupt();

        assertThat(thread.join(Duration.ofSeconds(10))).isTrue();
        assertThat(thrown.get()).isInstanceOf(CancelledException.class);
        assertThat(server.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void deadlinesEndCalls() {
        Gradwire hasty = client.withDeadline(Duration.ofNanos(1));

        assertThatExceptionOfType(DeadlineException.class)
                .isThrownBy(() -> hasty.tensor(1.0f).exp().data());
        assertThatExceptionOfType(DeadlineException.class)
                .isThrownBy(() -> hasty.tensor(numbers(300_000)).exp().data());
    }
}
