package dev.gradwire.service;

import dev.gradwire.service.security.Caller;
import io.grpc.Context;

/** On whose account a call goes: the subject of its token or certificate. */
final class Tenant {
    /** All who need not say who they are. */
    static final String ANYBODY = "";

    private Tenant() {}

    static String of(Context context) {
        Caller caller = Caller.CURRENT.get(context);
        return caller == null ? ANYBODY : caller.name();
    }
}
