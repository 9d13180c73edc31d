package dev.gradwire.service;

import dev.gradwire.engine.Engine;
import dev.gradwire.engine.ResidentTensor;
import dev.gradwire.graph.Graph;
import dev.gradwire.tensor.TensorType;
import dev.gradwire.v1.Execute;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The tensors that a session has on the device: inputs that were sent or carried, and kept results. Owns them. */
final class SessionTensors implements AutoCloseable {
    private final Map<String, Resident> inputs = new HashMap<>();
    private final Map<String, Resident> kept = new HashMap<>();

    /** Puts an input on the device. */
    void upload(Engine engine, String device, Uploads.Complete upload) {
        try {
            ResidentTensor tensor = upload.buffer().toDevice(engine, device);
            setInput(upload.input(), new Resident(tensor, upload.lease()));
        } catch (RuntimeException | Error e) {
            upload.lease().close();
            throw e;
        }
    }

    void setInput(String name, Resident tensor) {
        replace(inputs, name, tensor);
    }

    void keep(String name, Resident tensor) {
        replace(kept, name, tensor);
    }

    void drop(String name) {
        Resident dropped = kept.remove(name);
        if (dropped != null) {
            dropped.close();
        }
    }

    @Nullable
    Resident kept(String name) {
        return kept.get(name);
    }

    private static void replace(Map<String, Resident> tensors, String name, Resident tensor) {
        Resident old = tensors.put(name, tensor);
        if (old != null) {
            old.close();
        }
    }

    /**
     * The tensors for a run, in the order of the graph's inputs; they stay this one's.
     *
     * @throws Refusal when one is missing or of another type
     */
    List<ResidentTensor> bind(Prepared prepared, Execute execute) {
        List<Graph.Input> graphInputs =
                prepared.compiled().program().recording().graph().inputs();
        Map<String, String> bindings = new HashMap<>(execute.getBindMap());
        List<ResidentTensor> bound = new ArrayList<>(graphInputs.size());
        for (Graph.Input input : graphInputs) {
            String binding = bindings.remove(input.name());
            Resident tensor = binding == null ? inputs.get(input.name()) : requireKept(binding, input.name());
            if (tensor == null) {
                throw new Refusal(Problem.MISSING_INPUT, input.name()).with("node", input.name());
            }
            TensorType wanted = input.value().type();
            try {
                RunHandler.requireType(tensor.type(), wanted, "the tensor for input '" + input.name() + "'");
            } catch (Refusal e) {
                throw e.with("node", input.name());
            }
            bound.add(tensor.tensor());
        }
        for (String unknown : bindings.keySet()) {
            throw new Refusal(Problem.UNKNOWN_INPUT, unknown)
                    .with("value", unknown)
                    .at("execute.bind[\"" + unknown + "\"]");
        }
        return bound;
    }

    private Resident requireKept(String name, String input) {
        Resident tensor = kept.get(name);
        if (tensor == null) {
            throw new Refusal(Problem.UNKNOWN_KEPT, name).with("value", name).at("execute.bind[\"" + input + "\"]");
        }
        return tensor;
    }

    @Override
    public void close() {
        inputs.values().forEach(Resident::close);
        kept.values().forEach(Resident::close);
        inputs.clear();
        kept.clear();
    }
}
