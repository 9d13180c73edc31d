package dev.gradwire.service;

import dev.gradwire.engine.ResidentTensor;
import dev.gradwire.engine.RunResult;
import dev.gradwire.graph.Graph;
import dev.gradwire.runtime.RunOptions;
import dev.gradwire.service.telemetry.Phase;
import dev.gradwire.tensor.TensorType;
import dev.gradwire.v1.Carry;
import dev.gradwire.v1.Encoding;
import dev.gradwire.v1.Execute;
import dev.gradwire.v1.Keep;
import dev.gradwire.v1.ResultRef;
import io.grpc.Context;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One run of a session: checked and admitted as a whole before it computes, and its results kept and carried only once
 * all has gone well. Owns what it makes until {@link #run} returns.
 */
final class SessionRun {
    /** A result for the client; whoever takes it owns buffer and lease. */
    record Sent(ResultRef result, HostBuffer buffer, Lease lease) {}

    /** What a run sends, in order, and what its last message tells. */
    record Answer(List<Sent> tensors, dev.gradwire.v1.Executed end, Encoding encoding) {}

    /** A result that stays on the server. */
    private record Stay(ResultRef result, String name, boolean carried, Lease lease) {}

    private final SessionBudget budget;
    private final SessionTensors tensors;
    private final Prepared prepared;
    private final Execute execute;
    private final Results results;
    private final List<Lease> leases = new ArrayList<>();
    private final List<Stay> stays = new ArrayList<>();
    private final Map<ResultRef, Lease> fetches = new LinkedHashMap<>();
    private final List<Sent> sent = new ArrayList<>();
    private final Map<Stay, Resident> placed = new LinkedHashMap<>();

    SessionRun(SessionBudget budget, SessionTensors tensors, Prepared prepared, Execute execute) {
        this.budget = budget;
        this.tensors = tensors;
        this.prepared = prepared;
        this.execute = execute;
        this.results = new Results(prepared.compiled());
    }

    /** @throws RuntimeException one that {@link Errors} knows; nothing has changed then */
    Answer run(Resources resources, Context context, long queueNanos) {
        boolean done = false;
        try {
            List<ResidentTensor> inputs = tensors.bind(prepared, execute);
            planStays(resources.limits());
            planFetches();
            Lease running = lease(budget.borrow(prepared.cost(unheldPeakBytes(inputs))));
            RunOptions options = runOptions(context);
            try (RunResult result = resources.engine().run(prepared.compiled(), inputs, options)) {
                resources.metrics().phase(Phase.COMPUTE, result.computeNanos(), context);
                long start = System.nanoTime();
                place(result);
                fetch(result);
                long copyNanos = System.nanoTime() - start;
                resources.metrics().phase(Phase.COPY, copyNanos, context);
                Timing timing = new Timing(prepared.nanos(), queueNanos, result.computeNanos(), copyNanos);
                dev.gradwire.v1.Executed end = end(result, timing).toBuilder()
                        .addAllGradChecks(GradChecks.run(prepared, inputs, result, options, resources))
                        .build();
                RunHandler.requireMessageSize(end.getSerializedSize() + 16L, resources.limits());
                commit();
                done = true;
                return new Answer(sent, end, prepared.settings().answers());
            } finally {
                running.close();
            }
        } finally {
            if (!done) {
                undo();
            }
        }
    }

    private RunOptions runOptions(Context context) {
        RunOptions options = prepared.settings().runOptions(context);
        return execute.hasSeed() ? options.withSeed(execute.getSeed()) : options;
    }

    /** The price counts inputs, which have leases of their own. */
    private long unheldPeakBytes(List<ResidentTensor> inputs) {
        long held = 0;
        for (ResidentTensor input : inputs) {
            held += input.type().lengthInBytes();
        }
        return Math.max(0, prepared.plan().price().peakBytes() - held);
    }

    private Lease lease(Lease lease) {
        leases.add(lease);
        return lease;
    }

    private void planStays(Limits limits) {
        for (int i = 0; i < execute.getKeepCount(); i++) {
            Keep keep = execute.getKeep(i);
            String path = "execute.keep[" + i + "]";
            limits.checkAt(Limit.MAX_NAME_BYTES, keep.getName().length(), "a name", path + ".name");
            TensorType type = type(keep.getResult(), path + ".result");
            stays.add(new Stay(keep.getResult(), keep.getName(), false, lease(budget.keep(type.lengthInBytes()))));
        }
        Map<String, TensorType> inputs = new HashMap<>();
        for (Graph.Input input :
                prepared.compiled().program().recording().graph().inputs()) {
            inputs.put(input.name(), input.value().type());
        }
        for (int i = 0; i < execute.getCarryCount(); i++) {
            Carry carry = execute.getCarry(i);
            String path = "execute.carry[" + i + "]";
            TensorType type = type(carry.getResult(), path + ".result");
            TensorType wanted = inputs.get(carry.getInput());
            if (wanted == null) {
                throw new Refusal(Problem.UNKNOWN_INPUT, carry.getInput())
                        .with("value", carry.getInput())
                        .at(path + ".input");
            }
            try {
                RunHandler.requireType(type, wanted, "the result carried to input '" + carry.getInput() + "'");
            } catch (Refusal e) {
                throw e.with("node", carry.getInput()).at(path);
            }
            stays.add(new Stay(carry.getResult(), carry.getInput(), true, lease(budget.keep(type.lengthInBytes()))));
        }
    }

    private TensorType type(ResultRef ref, String path) {
        if (ref.getKindCase() != ResultRef.KindCase.KEPT) {
            return results.type(ref, path);
        }
        TensorType type = keptType(ref.getKept());
        if (type == null) {
            throw new Refusal(Problem.UNKNOWN_KEPT, ref.getKept())
                    .with("value", ref.getKept())
                    .at(path);
        }
        return type;
    }

    /** What is kept under the name by now, or will be after this run. */
    private @Nullable TensorType keptType(String name) {
        for (Stay stay : stays.reversed()) {
            if (!stay.carried && stay.name.equals(name)) {
                return type(stay.result, "execute.keep");
            }
        }
        Resident kept = tensors.kept(name);
        return kept == null ? null : kept.type();
    }

    private void planFetches() {
        if (execute.hasFetch()) {
            for (int i = 0; i < execute.getFetch().getResultsCount(); i++) {
                ResultRef ref = execute.getFetch().getResults(i);
                if (!results.isUnusedGradient(ref)) {
                    planFetch(ref, type(ref, "execute.fetch.results[" + i + "]"));
                }
            }
            return;
        }
        results.all().forEach((ref, type) -> {
            if (stays.stream().noneMatch(stay -> stay.result.equals(ref))) {
                planFetch(ref, type);
            }
        });
    }

    private void planFetch(ResultRef ref, TensorType type) {
        if (!fetches.containsKey(ref)) {
            fetches.put(ref, lease(budget.borrow(Cost.ofBytes(type.lengthInBytes()))));
        }
    }

    private void place(RunResult result) {
        for (Stay stay : stays) {
            ResidentTensor tensor = tensor(stay.result, result).share();
            placed.put(stay, new Resident(tensor, stay.lease));
        }
    }

    private ResidentTensor tensor(ResultRef ref, RunResult result) {
        if (ref.getKindCase() != ResultRef.KindCase.KEPT) {
            return results.tensor(ref, result);
        }
        for (Map.Entry<Stay, Resident> entry :
                placed.entrySet().stream().toList().reversed()) {
            if (!entry.getKey().carried && entry.getKey().name.equals(ref.getKept())) {
                return entry.getValue().tensor();
            }
        }
        Resident kept = tensors.kept(ref.getKept());
        if (kept == null) {
            throw new IllegalStateException("the reference was checked before the run");
        }
        return kept.tensor();
    }

    private void fetch(RunResult result) {
        fetches.forEach((ref, lease) -> sent.add(new Sent(ref, HostBuffer.of(tensor(ref, result)), lease)));
    }

    private dev.gradwire.v1.Executed end(RunResult result, Timing timing) {
        dev.gradwire.v1.Executed.Builder end = dev.gradwire.v1.Executed.newBuilder()
                .setRunId(execute.getRunId())
                .setStatistics(Encoder.statistics(prepared.compiled(), timing))
                .setGuarantees(Encoder.guarantees(prepared.settings()));
        prepared.compiled().gradients().forEach(gradient -> end.addGradients(gradient(gradient.input())));
        if (prepared.settings().profile()) {
            end.addAllGradFns(new GradFnEncoder(prepared.compiled(), result)
                    .encode(prepared.settings().gradFns()));
        }
        if (result.anomaly() != null) {
            end.setAnomaly(Encoder.anomaly(result.anomaly()));
        }
        return end.build();
    }

    private dev.gradwire.v1.Gradient gradient(String input) {
        dev.gradwire.v1.Gradient.Builder state =
                dev.gradwire.v1.Gradient.newBuilder().setInput(input);
        ResultRef ref = Results.gradient(input);
        if (results.isUnusedGradient(ref)) {
            return state.setUnused(dev.gradwire.v1.Unused.getDefaultInstance()).build();
        }
        if (fetches.containsKey(ref)) {
            return state.setStreamed(dev.gradwire.v1.Streamed.getDefaultInstance())
                    .build();
        }
        for (Stay stay : stays) {
            if (stay.result.equals(ref)) {
                return state.setKept(dev.gradwire.v1.Kept.newBuilder().setName(stay.name))
                        .build();
            }
        }
        return state.setDiscarded(dev.gradwire.v1.Discarded.getDefaultInstance())
                .build();
    }

    /** Hands over what stays; cannot fail. */
    private void commit() {
        placed.forEach((stay, resident) -> {
            if (stay.carried) {
                tensors.setInput(stay.name, resident);
            } else {
                tensors.keep(stay.name, resident);
            }
        });
        execute.getDropList().forEach(tensors::drop);
    }

    private void undo() {
        sent.forEach(each -> each.buffer.close());
        placed.values().forEach(resident -> resident.tensor().close());
        leases.forEach(Lease::close);
    }
}
