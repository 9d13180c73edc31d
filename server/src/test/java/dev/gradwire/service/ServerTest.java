package dev.gradwire.service;

import static dev.gradwire.service.Wire.node;
import static dev.gradwire.service.Wire.value;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.Execute;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.RunRequest;
import dev.gradwire.v1.RunResponse;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/** The server around the service: health, reflection, admission, deadlines, draining. */
final class ServerTest {
    /** Passes what comes to a queue. */
    private static final class Queue<T> implements StreamObserver<T> {
        private final BlockingQueue<T> items = new LinkedBlockingQueue<>();

        @Override
        public void onNext(T item) {
            items.add(item);
        }

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {}

        T take() throws InterruptedException {
            return items.poll(10, TimeUnit.SECONDS);
        }
    }

    private static final long SIZE = 256;

    /** So many products, each of about a millisecond; one after the other they need three matrices. */
    private static RunRequest slow(int steps) {
        Graph.Builder graph = Graph.newBuilder().addInputs(Wire.leaf("n0", SIZE, SIZE));
        for (int i = 1; i <= steps; i++) {
            graph.addNodes(node("n" + i, "matmul", value("n" + (i - 1)), value("n0")));
        }
        graph.addNodes(node("end", "sum", value("n" + steps))).addOutputs("end");
        return RunRequest.newBuilder()
                .setProgram(Wire.program(graph))
                .addInputs(Wire.named("n0", Wire.floats(List.of(SIZE, SIZE), new float[(int) (SIZE * SIZE)])))
                .build();
    }

    private static CompletableFuture<RunResponse> start(Channel channel, RunRequest request) {
        CompletableFuture<RunResponse> result = new CompletableFuture<>();
        AutogradServiceGrpc.newStub(channel).run(request, new StreamObserver<>() {
            @Override
            public void onNext(RunResponse response) {
                result.complete(response);
            }

            @Override
            public void onError(Throwable failure) {
                result.completeExceptionally(failure);
            }

            @Override
            public void onCompleted() {}
        });
        return result;
    }

    @Test
    void healthIsWatched() throws Exception {
        Queue<HealthCheckResponse> all = new Queue<>();
        try (TestServer server = TestServer.start()) {
            for (String service : List.of("", AutogradServiceGrpc.SERVICE_NAME)) {
                HealthCheckRequest request =
                        HealthCheckRequest.newBuilder().setService(service).build();
                assertThat(HealthGrpc.newBlockingStub(server.channel)
                                .check(request)
                                .getStatus())
                        .isEqualTo(ServingStatus.SERVING);
            }
            HealthGrpc.newStub(server.channel).watch(HealthCheckRequest.getDefaultInstance(), all);
            assertThat(all.take().getStatus()).isEqualTo(ServingStatus.SERVING);
            Thread stop = new Thread(server.server::close);
            stop.start();
            assertThat(all.take().getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
            server.channel.shutdownNow();
            stop.join(10_000);
            assertThat(stop.isAlive()).isFalse();
        }
    }

    @Test
    void reflectionListsTheServices() throws Exception {
        Queue<ServerReflectionResponse> responses = new Queue<>();
        try (TestServer server = TestServer.start()) {
            StreamObserver<ServerReflectionRequest> requests =
                    ServerReflectionGrpc.newStub(server.channel).serverReflectionInfo(responses);
            requests.onNext(
                    ServerReflectionRequest.newBuilder().setListServices("").build());
            assertThat(responses.take().getListServicesResponse().getServiceList())
                    .extracting(ServiceResponse::getName)
                    .contains("gradwire.v1.AutogradService", "grpc.health.v1.Health");
            requests.onNext(ServerReflectionRequest.newBuilder()
                    .setFileContainingSymbol("gradwire.v1.AutogradService")
                    .build());
            assertThat(responses.take().getFileDescriptorResponse().getFileDescriptorProtoCount())
                    .isPositive();
            requests.onCompleted();
        }
    }

    @Test
    void aDeadlineStopsALongGraph() throws Exception {
        try (TestServer server = TestServer.start()) {
            RunRequest request = slow(50_000);
            long begun = System.nanoTime();
            Assertions.assertThatThrownBy(() ->
                            server.stub().withDeadlineAfter(1, TimeUnit.SECONDS).run(request))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            e -> assertThat(e.getStatus().getCode()).isEqualTo(Code.DEADLINE_EXCEEDED));
            server.assertNothingHeld();
            assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(8));
        }
    }

    @Test
    void refusesWhatDoesNotFitInTheQueue() throws Exception {
        Limits limits = new Limits(Map.of(Limit.MAX_QUEUED_RUNS, 1L));
        try (TestServer server =
                new TestServer(TestServer.CONFIG.withLimits(limits).withLanes(1))) {
            CancellableContext caller = Context.current().withCancellation();
            CompletableFuture<RunResponse> running = caller.call(() -> start(server.channel, slow(20_000)));
            TestServer.eventually(
                    "a lane works", () -> server.resources().budget().used().flops() > 0);
            RunRequest request = slow(100);
            CompletableFuture<RunResponse> waiting = start(server.channel, request);
            TestServer.eventually(
                    "a run waits", () -> server.resources().admission().waiting() == 1);
            Details details = Details.of(() -> server.stub().run(request));
            assertThat(details.code()).isEqualTo(Code.RESOURCE_EXHAUSTED);
            assertThat(details.reason()).isEqualTo("QUEUE_FULL");
            assertThat(details.hasRetryDelay()).isTrue();
            SessionClient session = new SessionClient(server.async());
            session.open(Open.newBuilder().setProgram(request.getProgram()));
            assertThat(session.failure().reason()).isEqualTo("QUEUE_FULL");
            caller.cancel(null);
            assertThat(running).failsWithin(Duration.ofSeconds(60));
            assertThat(waiting.get(60, TimeUnit.SECONDS).getOutputsCount()).isEqualTo(1);
            server.assertNothingHeld();
        }
    }

    @Test
    void tellsTheLimitFromWhatIsFreeNow() throws Exception {
        Limits limits = new Limits(Map.of(Limit.MAX_PEAK_BYTES, 1L << 20));
        try (TestServer server = new TestServer(TestServer.CONFIG.withLimits(limits))) {
            Details tooMuch = Details.of(() -> server.stub()
                    .run(RunRequest.newBuilder()
                            .setProgram(Wire.program(Wire.squares(1 << 20)))
                            .build()));
            assertThat(tooMuch.code()).isEqualTo(Code.INVALID_ARGUMENT);
            assertThat(tooMuch.metadata())
                    .containsEntry("limit", "max_peak_bytes")
                    .containsKey("value");
            CompletableFuture<RunResponse> running = start(server.channel, slow(2_000));
            TestServer.eventually(
                    "a lane works", () -> server.resources().budget().used().flops() > 0);
            Details now = Details.of(() -> server.stub().run(slow(10)));
            assertThat(now.code()).isEqualTo(Code.RESOURCE_EXHAUSTED);
            assertThat(now.reason()).isEqualTo("MEMORY_EXHAUSTED");
            assertThat(now.hasRetryDelay()).isTrue();
            running.get(60, TimeUnit.SECONDS);
            server.assertNothingHeld();
        }
    }

    @Test
    void drainsWhatIsInFlight() throws Exception {
        try (TestServer server = TestServer.start()) {
            SessionClient idle = new SessionClient(server.async());
            idle.open(Open.newBuilder().setProgram(Wire.program(Wire.squares(3))));
            idle.opened();
            SessionClient busy = new SessionClient(server.async());
            RunRequest slow = slow(1_000);
            busy.open(Open.newBuilder().setProgram(slow.getProgram()));
            busy.opened();
            busy.tensor("n0", slow.getInputs(0).getTensor())
                    .execute(Execute.newBuilder().setRunId(1));
            CompletableFuture<RunResponse> running = start(server.channel, slow);
            TestServer.eventually(
                    "both run", () -> server.resources().admission().working() == 2);
            Thread stop = new Thread(server.server::close);
            stop.start();
            assertThat(idle.failure().reason()).isEqualTo("DRAINING");
            assertThat(idle.failure().code()).isEqualTo(Code.UNAVAILABLE);
            assertThat(busy.done(1).output("end")).containsExactly(0);
            assertThat(busy.failure().reason()).isEqualTo("DRAINING");
            assertThat(running.get(60, TimeUnit.SECONDS).getOutputsCount()).isEqualTo(1);
            stop.join(10_000);
            assertThat(stop.isAlive()).isFalse();
            Assertions.assertThatThrownBy(() -> server.stub().run(slow(1)))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            e -> assertThat(e.getStatus().getCode()).isEqualTo(Code.UNAVAILABLE));
        }
    }
}
