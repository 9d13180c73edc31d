package dev.gradwire.service;

import dev.gradwire.kernel.Backend;
import dev.gradwire.op.Declaration;
import dev.gradwire.op.Operators;
import dev.gradwire.tensor.DType;
import dev.gradwire.v1.Device;
import dev.gradwire.v1.DeviceKind;
import dev.gradwire.v1.Dtype;
import dev.gradwire.v1.GetServerInfoResponse;
import dev.gradwire.v1.Operator;
import dev.gradwire.v1.Overload;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a server tells about itself. */
final class ServerInfo {
    private final Resources resources;
    /** Made when first asked for, which a server need not wait for; threads that ask at a time find the same. */
    private @Nullable GetServerInfoResponse constant;

    ServerInfo(Resources resources) {
        this.resources = resources;
    }

    GetServerInfoResponse get() {
        GetServerInfoResponse known = constant;
        if (known == null) {
            known = constant();
            constant = known;
        }
        GetServerInfoResponse.Builder info = known.toBuilder();
        resources.engine().devices().forEach(device -> info.addDevices(device(device)));
        return info.build();
    }

    private GetServerInfoResponse constant() {
        GetServerInfoResponse.Builder info = GetServerInfoResponse.newBuilder()
                .setVersion(version())
                .addAllOperators(operators())
                .addAllEncodings(Encodings.all());
        Arrays.stream(DType.values()).map(WireTypes::dtype).forEach(info::addDtypes);
        for (Limit limit : Limit.values()) {
            info.addLimits(dev.gradwire.v1.Limit.newBuilder()
                    .setName(limit.label())
                    .setValue(resources.limits().get(limit))
                    .setUnit(limit.unit())
                    .setDescription(limit.description()));
        }
        return info.build();
    }

    /** As the build wrote it into the jar's manifest; unpackaged classes have none. */
    static String version() {
        String version = ServerInfo.class.getPackage().getImplementationVersion();
        return version == null ? "0.0.0" : version;
    }

    private Device device(Backend backend) {
        String library = backend.library();
        int space = library.lastIndexOf(' ');
        return Device.newBuilder()
                .setName(backend.device())
                .setKind(backend.device().startsWith("cuda") ? DeviceKind.DEVICE_KIND_CUDA : DeviceKind.DEVICE_KIND_CPU)
                .setTotalBytes(resources.budget().totalBytes())
                .setAvailableBytes(resources.budget().freeBytes())
                .setLibrary("libtorch")
                .setLibraryVersion(library.substring(space + 1))
                .build();
    }

    /** Declarations that share a name are overloads of one operator. */
    private static List<Operator> operators() {
        Map<String, Operator.Builder> byName = new TreeMap<>();
        for (Declaration declaration : Operators.all().declarations()) {
            List<String> names = new ArrayList<>(declaration.aliases());
            names.add(declaration.name());
            for (String name : names) {
                Operator.Builder operator = byName.computeIfAbsent(
                        name, _ -> Operator.newBuilder().setName(name).setDoc(declaration.doc()));
                declaration.overloads().forEach(overload -> operator.addOverloads(overload(declaration, overload)));
            }
        }
        return byName.values().stream().map(Operator.Builder::build).toList();
    }

    private static Overload overload(Declaration declaration, Declaration.Overload overload) {
        List<Dtype> dtypes = Arrays.stream(DType.values())
                .filter(declaration::takes)
                .map(WireTypes::dtype)
                .toList();
        return Overload.newBuilder()
                .setName(overload.schema().overload())
                .setSchema(overload.schema().toString())
                .setGradFn(overload.gradFn().orElse(""))
                .setDifferentiable(declaration.isDifferentiable())
                .addAllDtypes(dtypes)
                .build();
    }
}
