/* SPDX-License-Identifier: Apache-2.0 */
/* conducttext: the code of conduct that a site begins with; a site replaces it by its own when it likes. */
#include "conduct.h"

static const char english[] = "CODE OF CONDUCT\n"
			      "\n"
			      "This vault holds what people told their doctors. They trust you with it.\n"
			      "\n"
			      "1. Open a patient file only when your work for that patient needs it. Not out of\n"
			      "   curiosity, not for friends, family or colleagues, not your own.\n"
			      "2. Your login is yours alone. Never lend it, never work under somebody else's, and\n"
			      "   never sign somebody in. Who needs access asks an administrator for a login.\n"
			      "3. Keep password, passphrase, security file and second factor to yourself. Nobody\n"
			      "   who is entitled to anything will ever ask you for them.\n"
			      "4. Lock the screen or log off when you leave a computer, even for a minute.\n"
			      "5. What you learn here stays here. Print, copy, photograph or send only what the\n"
			      "   treatment needs, and destroy it when it has served.\n"
			      "6. Write what is true, under your own name. Correct mistakes as corrections; never\n"
			      "   try to hide one.\n"
			      "7. Say at once when something is wrong: a lost device, a password that somebody may\n"
			      "   know, a sign-in that was not you, a file that you opened by mistake. Nobody is\n"
			      "   blamed for saying so early.\n"
			      "8. Everything you open, change or delete is recorded with your name and the time.\n"
			      "   Nobody can change that record, and patients may see who opened their file.\n"
			      "\n"
			      "Whoever breaks these rules harms patients, may lose access, and may answer for it\n"
			      "under employment, professional and criminal law.\n"
			      "\n"
			      "By accepting I confirm that I have read this and will keep to it.\n";

static const char french[] =
	"CODE DE CONDUITE\n"
	"\n"
	"Ce coffre contient ce que des personnes ont confi\u00e9 \u00e0 leurs soignants. Elles vous font\n"
	"confiance.\n"
	"\n"
	"1. N'ouvrez un dossier que si votre travail pour ce patient l'exige. Ni par curiosit\u00e9,\n"
	"   ni pour des amis, des proches ou des coll\u00e8gues, ni le v\u00f4tre.\n"
	"2. Votre identifiant n'est qu'\u00e0 vous. Ne le pr\u00eatez jamais, ne travaillez jamais sous\n"
	"   celui d'un autre et ne connectez personne \u00e0 sa place. Qui a besoin d'un acc\u00e8s demande\n"
	"   un identifiant \u00e0 un administrateur.\n"
	"3. Gardez pour vous mot de passe, phrase secr\u00e8te, fichier de s\u00e9curit\u00e9 et second facteur.\n"
	"   Personne ayant un droit quelconque ne vous les demandera jamais.\n"
	"4. Verrouillez l'\u00e9cran ou d\u00e9connectez-vous en quittant un poste, m\u00eame une minute.\n"
	"5. Ce que vous apprenez ici reste ici. N'imprimez, ne copiez, ne photographiez et\n"
	"   n'envoyez que ce que les soins exigent, et d\u00e9truisez-le une fois utilis\u00e9.\n"
	"6. \u00c9crivez ce qui est vrai, sous votre propre nom. Corrigez une erreur comme une\n"
	"   correction\u00a0; n'essayez jamais de la cacher.\n"
	"7. Signalez aussit\u00f4t ce qui ne va pas\u00a0: un appareil perdu, un mot de passe que quelqu'un\n"
	"   pourrait conna\u00eetre, une connexion qui n'\u00e9tait pas la v\u00f4tre, un dossier ouvert par\n"
	"   erreur. Personne n'est bl\u00e2m\u00e9 de l'avoir dit t\u00f4t.\n"
	"8. Tout ce que vous ouvrez, modifiez ou supprimez est enregistr\u00e9 avec votre nom et\n"
	"   l'heure. Nul ne peut modifier ce registre, et les patients peuvent voir qui a ouvert\n"
	"   leur dossier.\n"
	"\n"
	"Qui enfreint ces r\u00e8gles nuit aux patients, peut perdre son acc\u00e8s et peut en r\u00e9pondre\n"
	"devant le droit du travail, la d\u00e9ontologie et le droit p\u00e9nal.\n"
	"\n"
	"En acceptant, je confirme avoir lu ce texte et m'y tenir.\n";

struct text conduct_built_in(enum language language)
{
	return text_of(language == LANGUAGE_FRENCH ? french : english);
}
