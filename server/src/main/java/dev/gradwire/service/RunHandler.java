package dev.gradwire.service;

import com.google.protobuf.CodedOutputStream;
import dev.gradwire.engine.Compiled;
import dev.gradwire.engine.ResidentTensor;
import dev.gradwire.engine.RunResult;
import dev.gradwire.graph.Graph;
import dev.gradwire.runtime.RunOptions;
import dev.gradwire.service.telemetry.Phase;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import dev.gradwire.v1.Gradient;
import dev.gradwire.v1.NamedTensor;
import dev.gradwire.v1.RunResponse;
import dev.gradwire.v1.Unused;
import io.grpc.Context;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One Run, on the calling thread: prepare, check, admit, run, encode. */
final class RunHandler {
    private final Resources resources;
    private final List<NamedTensor> given;
    private final ReadyPrograms.Ready ready;
    private final Context context;

    RunHandler(Resources resources, List<NamedTensor> given, ReadyPrograms.Ready ready, Context context) {
        this.resources = resources;
        this.given = given;
        this.ready = ready;
        this.context = context;
    }

    /** @param queueNanos how long the call waited for this thread */
    RunAnswer run(long queueNanos) {
        Prepared prepared = ready.prepared();
        RunResponse.Builder response = RunResponse.newBuilder();
        checkSize(ready.head().size(), prepared.compiled());
        List<ResidentTensor> residents = new ArrayList<>();
        try (Lease _ = resources
                .budget()
                .take(Tenant.of(context), prepared.cost(prepared.plan().price().peakBytes()))) {
            long start = System.nanoTime();
            for (Tensor input : inputs(prepared.compiled())) {
                residents.add(resources.engine().upload(prepared.settings().device(), input));
            }
            long uploaded = System.nanoTime();
            RunOptions options = prepared.settings().runOptions(context);
            try (RunResult result = resources.engine().run(prepared.compiled(), residents, options)) {
                long ran = System.nanoTime();
                resources.metrics().phase(Phase.COMPUTE, result.computeNanos(), context);
                addResult(prepared, result, response);
                response.addAllGradChecks(GradChecks.run(prepared, residents, result, options, resources));
                long copyNanos = uploaded - start + System.nanoTime() - ran;
                resources.metrics().phase(Phase.COPY, copyNanos, context);
                Timing timing = new Timing(prepared.nanos(), queueNanos, result.computeNanos(), copyNanos);
                response.setStatistics(Encoder.statistics(prepared.compiled(), timing));
            }
        } finally {
            residents.forEach(ResidentTensor::close);
        }
        return new RunAnswer(ready.head(), response.build());
    }

    /** Types decide the size of an answer, so that nothing is computed in vain. */
    private void checkSize(long metadataBytes, Compiled compiled) {
        long bytes = metadataBytes;
        int outputCount = compiled.program().outputCount();
        for (int i = 0; i < compiled.plan().outputs().size(); i++) {
            if (i < outputCount || compiled.gradients().get(i - outputCount).used()) {
                long length = compiled.plan().outputs().get(i).type().lengthInBytes();
                bytes += length + CodedOutputStream.computeUInt64SizeNoTag(length);
            }
        }
        requireMessageSize(bytes, resources.limits());
    }

    static void requireMessageSize(long bytes, Limits limits) {
        long most = limits.get(Limit.MAX_MESSAGE_BYTES);
        if (bytes > most) {
            throw new Refusal(Problem.RESPONSE_TOO_LARGE, bytes, Limit.MAX_MESSAGE_BYTES.label(), most)
                    .with("limit", Limit.MAX_MESSAGE_BYTES.label())
                    .with("value", Long.toString(bytes));
        }
    }

    /** The tensors in the order of the graph's inputs. */
    private List<Tensor> inputs(Compiled compiled) {
        Map<String, TensorType> types = new HashMap<>();
        List<Graph.Input> graphInputs = compiled.program().recording().graph().inputs();
        graphInputs.forEach(input -> types.put(input.name(), input.value().type()));
        Map<String, Tensor> tensors = new HashMap<>();
        for (int i = 0; i < given.size(); i++) {
            NamedTensor input = given.get(i);
            try {
                if (tensors.put(input.getName(), input(input, types)) != null) {
                    throw new Refusal(Problem.DUPLICATE_INPUT, input.getName()).at("inputs[" + i + "].name");
                }
            } catch (Refusal e) {
                throw e.with("node", input.getName()).at("inputs[" + i + "].tensor");
            }
        }
        List<Tensor> inputs = new ArrayList<>(graphInputs.size());
        for (Graph.Input input : graphInputs) {
            Tensor tensor = tensors.get(input.name());
            if (tensor == null) {
                throw new Refusal(Problem.MISSING_INPUT, input.name())
                        .with("node", input.name())
                        .at("inputs");
            }
            inputs.add(tensor);
        }
        return inputs;
    }

    private Tensor input(NamedTensor input, Map<String, TensorType> types) {
        TensorType wanted = types.get(input.getName());
        if (wanted == null) {
            throw new Refusal(Problem.UNKNOWN_INPUT, input.getName());
        }
        String what = "input '" + input.getName() + "'";
        TensorType type = TensorCodec.type(input.getTensor(), what, resources.limits());
        requireType(type, wanted, what);
        return TensorCodec.unpack(input.getTensor(), type, what, resources.limits());
    }

    static void requireType(TensorType given, TensorType wanted, String what) {
        if (!given.equals(wanted)) {
            throw new Refusal(Problem.TYPE_MISMATCH, what, given, wanted).with("value", given.toString());
        }
    }

    private static void addResult(Prepared prepared, RunResult result, RunResponse.Builder response) {
        Compiled compiled = prepared.compiled();
        for (int i = 0; i < result.outputs().size(); i++) {
            response.addOutputs(NamedTensor.newBuilder()
                    .setName(compiled.program()
                            .recording()
                            .graph()
                            .outputs()
                            .get(i)
                            .name())
                    .setTensor(TensorCodec.encode(
                            result.outputs().get(i), prepared.settings().answers())));
        }
        for (int i = 0; i < result.gradients().size(); i++) {
            Gradient.Builder gradient =
                    Gradient.newBuilder().setInput(compiled.gradients().get(i).input());
            ResidentTensor tensor = result.gradients().get(i);
            response.addGradients(
                    tensor == null
                            ? gradient.setUnused(Unused.getDefaultInstance())
                            : gradient.setValue(TensorCodec.encode(
                                    tensor, prepared.settings().answers())));
        }
        if (prepared.settings().profile()) {
            response.addAllGradFns(new GradFnEncoder(compiled, result)
                    .encode(prepared.settings().gradFns()));
        }
        if (result.anomaly() != null) {
            response.setAnomaly(Encoder.anomaly(result.anomaly()));
        }
    }
}
