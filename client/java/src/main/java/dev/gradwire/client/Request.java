package dev.gradwire.client;

import dev.gradwire.v1.Backward;
import dev.gradwire.v1.Options;
import dev.gradwire.v1.PlanRequest;
import dev.gradwire.v1.Program;
import dev.gradwire.v1.RunRequest;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One run of one program, whatever way it goes. */
record Request(
        Program program,
        Map<String, TensorData> inputs,
        @Nullable Backward backward,
        Options options) {
    long sizeInBytes() {
        long tensors = inputs.values().stream()
                .mapToLong(data -> data.type().byteCount())
                .sum();
        return program.getSerializedSize() + tensors;
    }

    RunRequest run() {
        RunRequest.Builder request = RunRequest.newBuilder().setProgram(program).setOptions(options);
        boolean packed = Packing.isAsked(options);
        inputs.forEach(
                (name, data) -> request.addInputsBuilder().setName(name).setTensor(Operand.message(data, packed)));
        if (backward != null) {
            request.setBackward(backward);
        }
        return request.build();
    }

    PlanRequest plan() {
        PlanRequest.Builder request =
                PlanRequest.newBuilder().setProgram(program).setOptions(options);
        if (backward != null) {
            request.setBackward(backward);
        }
        return request.build();
    }
}
