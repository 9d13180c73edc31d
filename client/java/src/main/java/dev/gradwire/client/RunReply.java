package dev.gradwire.client;

import dev.gradwire.v1.Executed;
import dev.gradwire.v1.GradFn;
import dev.gradwire.v1.ResultRef;
import dev.gradwire.v1.TensorChunk;
import dev.gradwire.wire.ChunkData;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Gathers what a stream brings for one run. Touched by the stream's callbacks only, one at a time. */
final class RunReply {
    private final CompletableFuture<Answer> answer = new CompletableFuture<>();
    private final Map<ResultRef, TensorAssembler> tensors = new HashMap<>();
    private final List<GradFn> gradFns;

    RunReply(List<GradFn> gradFns) {
        this.gradFns = gradFns;
    }

    CompletableFuture<Answer> answer() {
        return answer;
    }

    void add(TensorChunk chunk, ChunkData data) throws IOException {
        tensors.computeIfAbsent(chunk.getResult(), _ -> new TensorAssembler(TensorType.of(chunk.getType())))
                .add(chunk, data);
    }

    void finish(Executed executed) {
        Map<String, TensorData> outputs = new HashMap<>();
        Map<String, TensorData> gradients = new HashMap<>();
        tensors.forEach((result, tensor) -> {
            switch (result.getKindCase()) {
                case OUTPUT -> outputs.put(result.getOutput(), tensor.finish());
                case GRADIENT -> gradients.put(result.getGradient(), tensor.finish());
                default -> {}
            }
        });
        answer.complete(Answer.of(executed, outputs, gradients, gradFns));
    }
}
