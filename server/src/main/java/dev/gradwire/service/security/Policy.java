package dev.gradwire.service.security;

import dev.gradwire.service.telemetry.LoadReportService;
import dev.gradwire.v1.AutogradServiceGrpc;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import java.util.List;
import java.util.Map;

/** Which caller each method is for. A method without a row is refused to everybody, and a server with one does not start. */
public final class Policy {
    /** From the least to the most that is asked of a caller. */
    public enum Access {
        /** Load balancers ask for health without saying who they are. */
        ANYONE,
        /** A certificate or a token, where the server asks for such. */
        KNOWN
    }

    private static final Map<String, Access> TABLE = Map.ofEntries(
            Map.entry(AutogradServiceGrpc.getRunMethod().getFullMethodName(), Access.KNOWN),
            Map.entry(AutogradServiceGrpc.getSessionMethod().getFullMethodName(), Access.KNOWN),
            Map.entry(AutogradServiceGrpc.getPlanMethod().getFullMethodName(), Access.KNOWN),
            Map.entry(AutogradServiceGrpc.getGetServerInfoMethod().getFullMethodName(), Access.KNOWN),
            Map.entry(LoadReportService.STREAM.getFullMethodName(), Access.KNOWN),
            Map.entry(HealthGrpc.getCheckMethod().getFullMethodName(), Access.ANYONE),
            Map.entry(HealthGrpc.getWatchMethod().getFullMethodName(), Access.ANYONE),
            Map.entry(ServerReflectionGrpc.getServerReflectionInfoMethod().getFullMethodName(), Access.KNOWN));

    private Policy() {}

    /** @return false for a method without a row, whoever calls */
    static boolean allows(String fullMethodName, boolean known) {
        Access access = TABLE.get(fullMethodName);
        return access == Access.ANYONE || (access == Access.KNOWN && known);
    }

    static boolean knows(String fullMethodName) {
        return TABLE.containsKey(fullMethodName);
    }

    /** @throws IllegalStateException when a served method has no row */
    public static void requireComplete(List<ServerServiceDefinition> services) {
        services.stream()
                .flatMap(service -> service.getMethods().stream())
                .map(method -> method.getMethodDescriptor().getFullMethodName())
                .filter(method -> !knows(method))
                .findFirst()
                .ifPresent(method -> {
                    throw new IllegalStateException("the policy has no row for " + method);
                });
    }
}
